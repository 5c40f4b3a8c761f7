/**
 * Checks that a stream is what Ollama promises: one JSON object a line.
 *
 * The `ollama` package drops lines that are not JSON with a word on the console, and gives an error line
 * the same exception as a cut stream. Read first by this check, both are told apart.
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject } from "#host/base/json.ts";
import { createLineCutter } from "./lines.ts";

export interface NdjsonCheck {
  /** Throws a HostError for the first line that is not an object, or that is `{"error": …}`. */
  push(chunk: Uint8Array): void;
  end(): void;
}

const SHOWN_CHARS = 80;

export function createNdjsonCheck(server: string): NdjsonCheck {
  const lines = createLineCutter();
  const check = (line: string) => {
    if (line.trim() === "") return;
    const value = parse(line);
    if (!isJsonObject(value)) throw notJson(server, line);
    if (value.error === undefined) return;
    throw new HostError(
      "model.refused",
      `${server} failed in the middle of its answer: ${String(value.error)}`,
    );
  };
  return {
    push: (chunk) => lines.push(chunk).forEach(check),
    end: () => check(lines.end()),
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function notJson(server: string, line: string): HostError {
  const shown = line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS)}…` : line;
  return new HostError(
    "model.broken",
    `${server} sent a line that is not a JSON object: ${JSON.stringify(shown)}`,
    {
      fix: "Check that the address is that of a model server and that nothing in between changes its answers",
    },
  );
}
