/** Looks at the runtime from within: what is there of each interface, and which gaps are. Runs inside an isolate. */
import { ABSENT, GAPS } from "./gaps.ts";
import { CONSOLE, GLOBALS, INTERFACES, WEB_ASSEMBLY, type Interface } from "./interfaces.ts";

export interface Look {
  readonly name: string;
  readonly isThere: boolean;
  readonly isBeyond: boolean;
  /** Members that the standard has and the runtime has not. */
  readonly lacks: readonly string[];
}

export interface Probed {
  readonly interfaces: readonly Look[];
  readonly globals: readonly Look[];
  readonly gaps: readonly string[];
  /** Gaps that are closed: the list is wrong. */
  readonly closed: readonly string[];
  /** Names that are said to be absent and are there. */
  readonly present: readonly string[];
}

export async function probe(): Promise<Probed> {
  const gaps = await Promise.all(GAPS.map(async ({ api, isThere }) => [api, await isThere()] as const));
  return {
    interfaces: INTERFACES.map(lookAt),
    globals: Object.keys(GLOBALS).map(lookAtGlobal).concat(lookAtMembers("WebAssembly", WEB_ASSEMBLY)),
    gaps: gaps.filter(([, isThere]) => isThere).map(([api]) => api),
    closed: gaps.filter(([, isThere]) => !isThere).map(([api]) => api),
    present: Object.keys(ABSENT).filter((name) => name in globalThis),
  };
}

function lookAt({ name, methods = {}, statics = {}, attributes = [], beyond }: Interface): Look {
  const target = Reflect.get(globalThis, name) as { prototype: object } | undefined;
  if (target === undefined) return { name, isThere: false, isBeyond: beyond === true, lacks: [] };
  const lacks = [
    ...[...Object.keys(methods), ...attributes].filter((member) => !(member in target.prototype)),
    ...Object.keys(statics).filter((member) => !(member in target)),
  ];
  return { name, isThere: true, isBeyond: beyond === true, lacks };
}

function lookAtGlobal(name: string): Look {
  if (name === "console") return lookAtMembers(name, CONSOLE);
  return { name, isThere: name in globalThis, isBeyond: false, lacks: [] };
}

function lookAtMembers(name: string, members: readonly string[]): Look {
  const target = Reflect.get(globalThis, name) as object | undefined;
  if (target === undefined) return { name, isThere: false, isBeyond: false, lacks: [] };
  return { name, isThere: true, isBeyond: false, lacks: members.filter((member) => !(member in target)) };
}
