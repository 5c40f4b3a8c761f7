/**
 * Policy for one command: its argv and variables against the declared commands, its folder against what it will see.
 *
 * Pure. Which file on the disk the program is, is looked up when it is run.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { CommandRunEffect } from "#host/base/effect.ts";
import { entryFor, expandCommands, matchCommand } from "#manifests/commands.ts";
import { resolvePath } from "#manifests/paths.ts";
import { planMounts, showsPath } from "./commands/mounts.ts";
import { deedOf, quote } from "./describe.ts";
import type { CommandPass, Facts } from "./policy.ts";

/** A command's own, empty folder. */
const SCRATCH = "/tmp";
const MAX_ENTRY_CHARS = 500;

export function decideCommand(facts: Facts, request: CommandRunEffect): CommandPass | Denied {
  const cannot = `Cannot ${deedOf(request)}`;
  const match = matchCommand(expandCommands(facts.rights.commands, facts.config), request);
  if (!match.ok && match.malformed) return denied(`${cannot}: ${match.reason}`, "Write the command plainly");
  if (!match.ok) {
    return denied(
      `${cannot}: ${match.reason} in the manifest of "${facts.plugin}", or not granted`,
      `Add ${entryText(request)} to "permissions": { "commands": [ ] } in its openclaw.plugin.json and grant it`,
    );
  }
  const plan = planMounts(facts.rights, facts.roots);
  const { workspace } = facts.roots;
  const usual = showsPath(plan, workspace) ? workspace : SCRATCH;
  const folder = resolvePath(request.cwd ?? usual, facts.roots);
  if (!folder.ok || (folder.path !== SCRATCH && !showsPath(plan, folder.path))) {
    const reason = folder.ok ? "it is in no folder that the plugin may read or write" : folder.reason;
    return denied(
      `${cannot} in ${quote(request.cwd ?? "")}: ${reason}`,
      `Use "/tmp", or add the folder to "permissions": { "paths": { "read": [ ] } } in its openclaw.plugin.json and grant it`,
    );
  }
  const maxBytes = facts.rights.limits.bytes ?? Number.POSITIVE_INFINITY;
  return { allowed: true, plan, cwd: folder.path, maxBytes };
}

/** A manifest that names so much by the letter would help nobody. */
function entryText(request: CommandRunEffect): string {
  const text = JSON.stringify(entryFor(request));
  if (text.length <= MAX_ENTRY_CHARS) return text;
  return `an entry for ${JSON.stringify(request.command.slice(0, MAX_ENTRY_CHARS))} with patterns for its arguments`;
}
