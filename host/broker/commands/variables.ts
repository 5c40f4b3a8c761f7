/**
 * A command's declared variables on their way through its sandbox.
 *
 * Guarantees that nothing but the declared program has them under their names: bubblewrap, the guard and what sets the
 * bounds would otherwise read some of them (`TZ`, `LC_ALL`, whatever a library of theirs heeds). Until then they go by
 * names that mean nothing, in the environment and not among the arguments, which every user of the machine can read.
 */
import { EffectError } from "../failure.ts";
import { findTool } from "./program.ts";

/** What stands in the environment of the sandbox for these variables. */
export function carried(variables: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(variables).map(([name, value], index) => [
    carrierOf(index),
    `${name}=${value}`,
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The command with a last step before it that gives it its variables. `count`: how many were carried. */
export function withVariables(count: number, command: readonly string[]): readonly string[] {
  if (count === 0) return command;
  const [program = ""] = command;
  if (program.includes("=")) {
    throw new EffectError("denied", `Cannot run "${program}" with variables: its name holds "="`, {
      fix: "Run it without variables, or under another name",
    });
  }
  const names = Array.from({ length: count }, (_, index) => carrierOf(index));
  const values = names.map((name) => `"$${name}"`).join(" ");
  return [
    "/bin/sh",
    "-c",
    `set -- ${values} "$@"; unset ${names.join(" ")}; exec "$0" "$@"`,
    findTool("env"),
    ...command,
  ];
}

function carrierOf(index: number): string {
  return `OPENCLAW_CARRIED_${index}`;
}
