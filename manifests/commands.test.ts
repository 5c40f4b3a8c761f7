import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { choosesCode } from "./code-variables.ts";
import { entryFor, expandCommands, matchCommand, MAX_ARGS, type CommandPermission } from "./commands.ts";

const GIT: CommandPermission[] = [
  { command: "git", args: ["status"] },
  { command: "git", args: ["log", "--format=*", "**"], env: ["TZ"] },
  { command: "git", args: ["show", "*"] },
  { command: "ls", args: ["-*"] },
  { command: "make", args: ["-**"] },
  { command: "date" },
];

function verdict(command: string, args: string[] = [], env: Record<string, string> = {}, declared = GIT) {
  const match = matchCommand(declared, { command, args, env });
  return match.ok ? "allowed" : match.reason;
}

test("a command runs with the arguments that are declared, each in its place", () => {
  assert.equal(verdict("git", ["status"]), "allowed");
  assert.equal(verdict("git", ["log", "--format=%H %s", "main", "src"], { TZ: "UTC" }), "allowed");
  assert.equal(verdict("git", ["log", "--format="]), "allowed");
  assert.equal(verdict("git", ["show", "HEAD"]), "allowed");
  assert.equal(verdict("date"), "allowed");
});

test("without declared arguments none is allowed, and with some no other, no fewer and no more", () => {
  for (const args of [["-u"], [""]]) assert.match(verdict("date", args), /arguments fit none/);
  for (const args of [[], ["stat"], ["status", "x"], ["show"], ["show", "a", "b"], ["status\n"]]) {
    assert.match(verdict("git", args), /arguments fit none/, JSON.stringify(args));
  }
});

test("a program has to be named exactly", () => {
  for (const name of ["/usr/bin/git", "git ", "Git", "./git", "git\n", ""]) {
    assert.equal(verdict(name, ["status"]), "it is not declared", JSON.stringify(name));
  }
});

test("no wildcard lets an option in unless it says so", () => {
  for (const arg of ["--output=/etc/x", "-O", "-", "--"]) {
    assert.match(verdict("git", ["show", arg]), /arguments fit none/);
    assert.match(verdict("git", ["log", "--format=x", "main", arg]), /arguments fit none/);
  }
  assert.equal(verdict("ls", ["-la"]), "allowed");
  assert.match(verdict("ls", ["la"]), /arguments fit none/);
  assert.equal(verdict("make", ["-j2", "all", "--", "x"]), "allowed");
});

test("a wildcard within an argument stays within it, and its pieces keep their order", () => {
  const declared: CommandPermission[] = [{ command: "cat", args: ["a*b*c.txt"] }];
  for (const arg of ["abc.txt", "a b c.txt", "axxbyyc.txt", "abbc.txt", "a\nbc.txt"])
    assert.equal(verdict("cat", [arg], {}, declared), "allowed", arg);
  for (const arg of ["ac.txt", "abc.tx", "xabc.txt", "acb.txt", "abc.txt "])
    assert.match(verdict("cat", [arg], {}, declared), /fit none/, arg);
  assert.match(verdict("cat", ["ab"], {}, [{ command: "cat", args: ["ab*b"] }]), /fit none/);
});

test("only declared variables may be set, and none that chooses code", () => {
  assert.match(verdict("git", ["status"], { TZ: "UTC" }), /"TZ" is not declared/);
  assert.match(verdict("git", ["log", "--format=x"], { TZ: "UTC", LANG: "C" }), /"LANG" is not declared/);
  const declared: CommandPermission[] = [{ command: "date", env: ["LD_PRELOAD"] }];
  assert.match(verdict("date", [], { LD_PRELOAD: "/x.so" }, declared), /would choose which code runs/);
  for (const name of [
    "ld_audit",
    "PATH",
    "BASH_ENV",
    "NODE_OPTIONS",
    "GIT_CONFIG_COUNT",
    "GCONV_PATH",
    "LOCPATH",
    "GIT_ASKPASS",
    "LESSOPEN",
    "PYTHONUSERBASE",
    "OPENSSL_CONF",
  ])
    assert.ok(choosesCode(name), name);
  for (const name of ["TZ", "LANG", "GIT_AUTHOR_NAME", "XPATH"]) assert.ok(!choosesCode(name), name);
});

test("what no system would take, or would take differently, is refused whatever is declared", () => {
  const all: CommandPermission[] = [{ command: "x", args: ["-**"] }];
  const refused: [string[], RegExp][] = [
    [["a\0b"], /NUL/],
    [["\ud800"], /Unicode/],
    [["a".repeat(40_000)], /longer than/],
    [Array.from({ length: 5 }, () => "a".repeat(30_000)), /characters/],
    [Array.from({ length: MAX_ARGS + 1 }, () => "a"), /256 are allowed/],
  ];
  for (const [args, reason] of refused) assert.match(verdict("x", args, {}, all), reason);
  assert.match(verdict("x", [], { TZ: "a\0" }, all), /NUL/);
});

test("a pattern made to be slow is not", () => {
  const declared: CommandPermission[] = [{ command: "x", args: [`${"*a".repeat(5_000)}*b*`] }];
  const started = performance.now();
  assert.match(verdict("x", ["a".repeat(30_000)], {}, declared), /fit none/);
  assert.ok(performance.now() - started < 200);
});

const word = fc.string({ maxLength: 6, unit: fc.constantFrom("a", "b", "-", "*", "/", " ") });

test("the entry that a refusal suggests allows what was refused", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), fc.boolean(), (args, withVariable) => {
      const request = { command: "x", args, env: withVariable ? { TZ: "UTC" } : {} };
      return matchCommand([entryFor(request)], request).ok;
    }),
  );
});

test("an option passes only where the manifest has a dash in its place or ends with -**", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), fc.array(word, { maxLength: 4 }), (patterns, args) => {
      const { ok } = matchCommand([{ command: "x", args: patterns }], { command: "x", args, env: {} });
      if (!ok || patterns.at(-1) === "-**") return true;
      return args.every((arg, index) => !arg.startsWith("-") || patterns[index]?.startsWith("-") === true);
    }),
    { numRuns: 2_000 },
  );
});

test("without a wildcard nothing matches but itself", () => {
  const plain = fc.array(fc.string({ maxLength: 4, unit: fc.constantFrom("a", "-", ".") }), { maxLength: 3 });
  fc.assert(
    fc.property(plain, plain, (patterns, args) => {
      const { ok } = matchCommand([{ command: "x", args: patterns }], { command: "x", args, env: {} });
      return ok === (JSON.stringify(patterns) === JSON.stringify(args));
    }),
  );
});

test("what the owner lists stands in place of $config.key; what is no list stands for nothing", () => {
  const declared = [{ command: "$config.commands", args: ["-**"] }, { command: "id" }];
  const allows = (commands: unknown, command: string, ...args: string[]) =>
    matchCommand(expandCommands(declared, { commands }), { command, args, env: {} }).ok;
  assert.ok(allows(["git"], "git", "push", "--force"));
  assert.ok(allows(["git log -**"], "git", "log", "-3"));
  assert.ok(!allows(["git log -**"], "git", "push"));
  assert.ok(allows([], "id"));
  for (const listed of [undefined, null, "git", { 0: "git" }, [["git"]], [""], ["$config.commands"], [7]]) {
    assert.ok(!allows(listed, "git"), JSON.stringify(listed));
    assert.ok(!allows(listed, "$config.commands"), JSON.stringify(listed));
    assert.ok(!allows(listed, "7"), JSON.stringify(listed));
  }
});
