import assert from "node:assert/strict";
import { test } from "node:test";
import { Bash, defineCommand } from "just-bash/browser";
import { joinOutput } from "./output.ts";
import { BUILTINS, MISSING, unknownPrograms, withPauses } from "./script.ts";

const unknown = (script: string) => unknownPrograms(script, new Bash(), new Set(["echo", "cat"]));

test("every program that a script names is found, wherever it stands", () => {
  const scripts = [
    "git log",
    "echo a | git log",
    "if git; then :; fi",
    "for i in 1; do git; done",
    "while git; do :; done",
    "echo $(git)",
    "echo `git`",
    'echo "a $(git) b"',
    "x=$(git)",
    "cat <(git)",
    "cat <<END\n$(git)\nEND",
    "(git)",
    "{ git; }",
    "! git",
    "f() { git; }; f",
    "case x in x) git ;; esac",
    "a=1 git",
    "echo ${x:-$(git)}",
    "echo $(( $(git) + 1 ))",
    "[[ -n $(git) ]]",
    "'git' x",
    'g"i"t x',
    "\\git x",
    "true && git || git",
    "git &",
  ];
  for (const script of scripts) assert.deepEqual(unknown(script), ["git"], script);
});

test("what is the shell's own, the script's own or known is no unknown program", () => {
  const own =
    "cd /; f() { echo; }; f; export A=1; [ a = a ] && cat x; ./run.sh; /bin/echo; $PROGRAM x; . file; exit";
  assert.deepEqual(unknown(own), []);
  assert.deepEqual(unknown("a; b | c; a"), ["a", "b", "c"]);
});

test("each round of a loop and each call of a function pauses, and scripts answer as before", async () => {
  let pauses = 0;
  const pause = defineCommand("__pause", async ([status = "0"]) => {
    pauses += 1;
    return { stdout: "", stderr: "", exitCode: Number(status) };
  });
  const plain = new Bash();
  const paused = new Bash({ customCommands: [pause] });
  const [pausing] = paused.transform("__pause $?").ast.statements;
  assert.ok(pausing);
  paused.registerTransformPlugin({ name: "p", transform: ({ ast }) => ({ ast: withPauses(ast, pausing) }) });
  const scripts: readonly (readonly [string, number])[] = [
    ["for i in 1 2 3; do echo $i; done", 3],
    ["i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done", 4],
    ["i=0; until [ $i -ge 2 ]; do i=$((i+1)); done; echo $i $?", 3],
    ["for ((i=0; i<2; i++)); do echo $i; done", 2],
    ["f() { echo $?; return 3; }; false; f; echo $?", 1],
    ["for i in a; do false; done; echo $?", 1],
    ["set -e; f() { echo in; }; f; for i in 1; do echo $i; done; false; echo never", 2],
    ["while false; do :; done; echo $?", 1],
    ["for i in 1 2; do for j in a b; do echo $i$j; done; done", 6],
  ];
  for (const [script, expected] of scripts) {
    pauses = 0;
    const { stdout, stderr, exitCode } = await paused.exec(script);
    const before = await plain.exec(script);
    assert.deepEqual(
      { stdout, stderr, exitCode },
      { stdout: before.stdout, stderr: before.stderr, exitCode: before.exitCode },
      script,
    );
    assert.equal(pauses, expected, script);
  }
});

test("output is bounded, and no character is cut in two", () => {
  assert.equal(joinOutput({ stdout: "a\n", stderr: "b\n", notes: ["c"] }), "a\n[stderr]\nb\n[c]");
  assert.equal(joinOutput({ stdout: "\n", stderr: "", notes: [] }), "(no output)");
  for (const shift of ["", "x"]) {
    const long = joinOutput({ stdout: shift + "🙂".repeat(20_000), stderr: "e".repeat(9_000), notes: [] });
    assert.ok(long.length < 20_000 && long.isWellFormed());
  }
});

test("every word that is taken for the shell's own is known to it, and none that is said to be missing", async () => {
  const isKnown = async (name: string) =>
    !(await new Bash().exec(`${name} </dev/null`)).stderr.includes("command not found");
  for (const name of BUILTINS) assert.ok(await isKnown(name), name);
  for (const name of MISSING) assert.ok(!(await isKnown(name)), name);
});
