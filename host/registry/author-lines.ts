/**
 * Places in errors and console lines, in the author's terms: `plugin:dice:33:22` becomes `main.ts:4:11`.
 *
 * Looks into a bundle's map only when a text with such a place comes, and keeps the last ones. The text and the names
 * in the map are a stranger's: both are bounded, names are cut to what can stand in a line, and a map that cannot
 * be read leaves the text as it is.
 */
import type { TraceMap } from "@jridgewell/trace-mapping";
import { HostError } from "#host/base/errors.ts";
import { REGISTRY } from "#host/base/limits.ts";
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import { mapIn } from "./bundle-map.ts";

const PLACE = /plugin:[\w.-]{1,64}:(\d{1,9}):(\d{1,9})/g;
const HAS_PLACE = /plugin:[\w.-]{1,64}:\d{1,9}:\d/;
/** Between the author's frames stand those of the runtime that called them. */
const RUNTIME_FRAME = /\n +at [^\n]*\(edge:runtime:[\d:]+\)/g;
/** Maps that are kept: decoded, one takes some times its text. */
const KEPT_MAPS = 2;
const MAX_NAME_CHARS = 200;

export interface AuthorLines {
  /** The sandboxes with errors that name the author's lines. */
  around(sandboxes: Sandboxes): Sandboxes;
  /** Calls `write` with the text once its places are named; in order, at once where there is none. */
  onConsole(pluginId: string, text: string, write: (text: string) => void): void;
}

export function createAuthorLines(): AuthorLines {
  const maps = new Map<string, Promise<TraceMap | null>>();
  /** What ran last under a plugin's name. */
  const codes = new Map<string, PluginCode>();
  let earlier: Promise<void> | null = null;

  function mapOf(code: PluginCode): Promise<TraceMap | null> {
    const known = maps.get(code.hash) ?? readMap(code);
    maps.delete(code.hash);
    maps.set(code.hash, known);
    for (const hash of maps.keys()) if (maps.size > KEPT_MAPS) maps.delete(hash);
    return known;
  }

  async function named(code: PluginCode, text: string): Promise<string> {
    if (!HAS_PLACE.test(text)) return text;
    const map = await mapOf(code);
    if (map === null) return text;
    const { originalPositionFor } = await import("@jridgewell/trace-mapping");
    const nameOf = (place: string, line: string, column: string) => {
      const found = originalPositionFor(map, { line: Number(line), column: Number(column) - 1 });
      // The types trust the map, whose places may have no source at all.
      return typeof found.source === "string"
        ? `${visible(found.source)}:${found.line}:${found.column + 1}`
        : place;
    };
    try {
      return text.replace(RUNTIME_FRAME, "").replace(PLACE, nameOf);
    } catch {
      return text;
    }
  }

  async function inAuthorsTerms<Result>(code: PluginCode, work: Promise<Result>): Promise<Result> {
    codes.set(code.id, code);
    try {
      return await work;
    } catch (thrown) {
      if (!(thrown instanceof HostError)) throw thrown;
      const { cause, fix } = thrown;
      throw new HostError(thrown.code, await named(code, thrown.message), {
        ...(fix === undefined ? {} : { fix }),
        ...(cause === undefined
          ? {}
          : { cause: typeof cause === "string" ? await named(code, cause) : cause }),
      });
    }
  }

  return {
    around: (sandboxes) => ({
      describe: (code) => inAuthorsTerms(code, sandboxes.describe(code)),
      callTool: (code, request) => inAuthorsTerms(code, sandboxes.callTool(code, request)),
      callRoute: (code, request) => inAuthorsTerms(code, sandboxes.callRoute(code, request)),
      callChannel: (code, request) => inAuthorsTerms(code, sandboxes.callChannel(code, request)),
      restartDelay: (code) => sandboxes.restartDelay(code),
      retire(pluginId) {
        sandboxes.retire(pluginId);
      },
      quarantineOf: (code) => sandboxes.quarantineOf(code),
      probe: () => sandboxes.probe(),
      walls: () => sandboxes.walls(),
      stop: () => sandboxes.stop(),
    }),
    onConsole(pluginId, text, write) {
      const code = codes.get(pluginId);
      if (earlier === null && (code === undefined || !HAS_PLACE.test(text))) return write(text);
      const mine: Promise<void> = Promise.all([code === undefined ? text : named(code, text), earlier])
        .then(([line]) => write(line))
        .finally(() => {
          if (earlier === mine) earlier = null;
        });
      earlier = mine;
    },
  };
}

async function readMap(code: PluginCode): Promise<TraceMap | null> {
  try {
    const text = mapIn((await code.bundle?.()) ?? new Uint8Array(), REGISTRY.maxMapBytes);
    if (text === null || segmentsIn(text) > REGISTRY.maxMapSegments) return null;
    const { TraceMap } = await import("@jridgewell/trace-mapping");
    return new TraceMap(text);
  } catch {
    // Nothing hangs on it but the comfort of a line.
    return null;
  }
}

/** Places that a map may hold at most, without decoding it: what is packed brings a map of its own. */
function segmentsIn(json: string): number {
  let count = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json.charCodeAt(at);
    if (char === COMMA || char === SEMICOLON) count++;
  }
  return count;
}

const [COMMA, SEMICOLON] = [0x2c, 0x3b];

/** A name from a map must not look like another line, nor fill one. */
function visible(source: string): string {
  return source.replace(/[^\w./@+-]/g, "_").slice(0, MAX_NAME_CHARS);
}
