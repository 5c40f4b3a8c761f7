/**
 * Who may import whom, as data. ARCHITECTURE.md says why; `architecture.test.ts` holds the code to it.
 *
 * A room is a folder. What a file imports of ours must lie in its own room or in one that its row names;
 * the longest matching folder is the room. `types:` marks what may be imported as types only, `lazy:` what
 * may only be imported by a dynamic `import()`.
 */
export const IMPORT_TABLE: Readonly<Record<string, readonly string[]>> = {
  manifests: [],
  drizzle: [],
  "host/base": [],
  "host/config": ["manifests", "host/base"],
  "host/sdk": ["manifests"],
  "host/broker": ["manifests", "host/base"],
  "host/llm": ["host/base"],
  "host/pipe": ["host/sdk", "manifests", "host/base"],
  "host/edge": ["host/sdk", "types:host/pipe", "types:host/base"],
  "host/sandbox": ["host/pipe", "host/sdk", "manifests", "host/base"],
  "host/sandbox/child": ["host/pipe", "host/edge", "host/base"],
  "host/store": ["drizzle", "host/base"],
  "host/registry": ["host/sandbox", "host/sdk", "manifests", "host/base"],
  "host/author": ["host/registry", "host/delivery", "host/sandbox", "host/sdk", "manifests", "host/base"],
  "host/agent": ["host/sdk", "host/llm", "host/base"],
  "host/delivery": ["host/sdk", "host/base"],
  "host/gateway": ["host/sdk", "host/base"],
  "host/gateway/page": ["types:host/gateway/protocol", "types:host/base"],
  "host/serve": ["host/base"],
  "host/cli": ["host/gateway/protocol", "manifests", "host/base"],
  /** main.ts, the one file that stands in `host/` itself. */
  host: ["host/base", "lazy:host/compose", "lazy:host/cli", "types:host/cli"],
  "host/compose": [
    "manifests",
    "host/base",
    "host/config",
    "host/sdk",
    "host/broker",
    "host/llm",
    "host/sandbox",
    "host/store",
    "host/registry",
    "host/author",
    "host/agent",
    "host/gateway",
    "host/serve",
  ],
  "plugins/tools": ["host/sdk"],
  "plugins/skills": ["host/sdk"],
  "plugins/channels": ["host/sdk"],
};

/** npm packages that only one room may import: what a wall or a runtime hangs on has one door. */
export const PACKAGE_TABLE: Readonly<Record<string, readonly string[]>> = {
  "isolated-vm": ["host/sandbox/child"],
  esbuild: ["host/registry"],
  "drizzle-orm": ["drizzle", "host/store"],
  "@jridgewell/trace-mapping": ["host/registry"],
  hono: ["host/gateway", "host/gateway/page"],
  undici: ["host/broker", "host/edge"],
  ws: ["host/broker", "host/serve"],
  ollama: ["host/llm"],
  commander: ["host/cli"],
};
