/**
 * The files of the workspace in which an owner says who the agent is and how it is to work (AGENTS.md and others, as
 * OpenClaw's agents read them), as part of the system prompt.
 *
 * They are read anew for each turn and stand outside of the history, so that no summary can wash them out. Each has its
 * cap and all of them one, smaller for a model with a small context; what is cut says so. Pure.
 */
import type { WorkspaceFileSettings } from "#host/base/agent-settings.ts";
import { MODEL } from "#host/base/limits.ts";

export interface WorkspaceFile {
  readonly name: string;
  /** Its beginning, as much as the settings let through; null where it could not be read. */
  readonly text: string | null;
  /** Of the whole file. */
  readonly bytes: number;
  /** Why it could not be read; null if it could. */
  readonly problem: string | null;
}

export interface WorkspaceFiles {
  /** Those that are there, in their order. Never rejects: a file that cannot be read says why. */
  read(agentId: string, settings: WorkspaceFileSettings): Promise<readonly WorkspaceFile[]>;
}

/** Who, what the user is like, how to work: the order in which they are read. */
export const WORKSPACE_FILES = [
  "AGENTS.md",
  "SOUL.md",
  "IDENTITY.md",
  "USER.md",
  "TOOLS.md",
  "MEMORY.md",
] as const;

/** What the agent remembers of its owner is not for a group or for others who write to it. */
const PRIVATE = new Set<string>(["MEMORY.md"]);

/** The files of which a session may know: `agent:main:main` is the owner's own, others may have more people in them. */
export function filesForSession(files: readonly WorkspaceFile[], sessionKey: string): WorkspaceFile[] {
  const isOwners = /^agent:[^:]+:main$/.test(sessionKey);
  return files.filter(({ name }) => isOwners || !PRIVATE.has(name));
}

/** Of a model's context, files may take a quarter. */
const CONTEXT_SHARE = 4;

export function renderFiles(
  files: readonly WorkspaceFile[],
  settings: WorkspaceFileSettings,
  contextTokens: number,
): string {
  const most = Math.floor((contextTokens * MODEL.bytesPerToken) / CONTEXT_SHARE);
  let left = Math.min(settings.totalMaxChars, most);
  const parts = files.flatMap((file): string[] => {
    if (file.text === null) return [`## ${file.name}\n[could not be read: ${file.problem}]`];
    const text = file.text.trim();
    if (text === "") return [];
    const shown = cut(text, file, Math.min(left, settings.maxChars));
    left -= Math.min(left, shown.length);
    return [`## ${file.name}\n${shown}`];
  });
  if (parts.length === 0) return "";
  return `# Files of the workspace, which your owner wrote for you\n\n${parts.join("\n\n")}`;
}

function cut(text: string, { name, bytes }: WorkspaceFile, most: number): string {
  if (text.length <= most && Buffer.byteLength(text) + SLACK >= bytes) return text;
  const shown = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
  return `${shown}\n[cut here: ${name} has ${bytes} bytes, ${Buffer.byteLength(shown)} are shown; read the rest in the workspace]`;
}

/** Blank characters around a text are not shown, and are no cut. */
const SLACK = 1_024;
