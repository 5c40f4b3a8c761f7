/**
 * The `permissions` block of a manifest: what a plugin asks for.
 *
 * Strict: an unknown key is an error. No block means no rights. What a plugin may do is what it asks for
 * cut with what was granted (`rights.ts`).
 */
import * as v from "valibot";
import { choosesCode } from "./code-variables.ts";
import { DomainPattern, TcpPattern } from "./domain-pattern.ts";
import { secretIssues, SecretPermission } from "./secrets.ts";
import { routeIssues, RoutePermission } from "./routes.ts";

/** A path with one of the roots `$STATE`, `$WORKSPACE`, `$PLUGIN` or `~`, without `..`. */
const PathPattern = v.pipe(
  v.string(),
  v.regex(
    /^(?:\$STATE|\$WORKSPACE|\$PLUGIN|~)(?:\/.*)?$/,
    'must start with "$STATE", "$WORKSPACE", "$PLUGIN" or "~"',
  ),
  v.check((path) => !path.split("/").includes(".."), 'must not contain ".."'),
);

const CommandPermission = v.strictObject({
  /** The program's name, looked up in the system's own folders, or an absolute path. */
  command: v.pipe(
    v.string(),
    v.regex(/^(?:\/[^\s;|&$`<>]+|[^\s;|&$`<>/]+)$/, "must be one program name or absolute path"),
  ),
  /**
   * One pattern for each argument, none if left out. `*` stands for any characters, but what begins with it
   * matches no option; a last `**` stands for any number of arguments that are no options, `-**` of any.
   */
  args: v.optional(v.array(v.string())),
  /** Names of the environment variables that the plugin may set. */
  env: v.optional(
    v.array(
      v.pipe(
        v.string(),
        v.regex(/^[A-Za-z_]\w*$/, "must be an environment variable's name"),
        v.check((name) => !choosesCode(name), "must not be a variable that chooses which code runs"),
      ),
    ),
  ),
});

const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

const LimitsPermission = v.strictObject({
  /** V8 heap of the isolate, MiB. */
  heapMiB: v.optional(positive),
  /** RSS of the sandbox process, MiB. */
  rssMiB: v.optional(positive),
  /** Uninterrupted run of JavaScript, ms. */
  cpuSliceMs: v.optional(positive),
  /** Wall time of one call, ms. */
  deadlineMs: v.optional(positive),
  /** Calls at once. */
  concurrency: v.optional(positive),
  /** Bytes of one response or file. */
  bytes: v.optional(positive),
  /** Bytes of key-value storage: 1 MiB if not given, at most 64 MiB. */
  storage: v.optional(positive),
});

const PermissionsBlock = v.strictObject({
  domains: v.optional(v.array(DomainPattern)),
  /** TCP connections, where what is spoken is neither HTTP nor WebSocket. */
  tcp: v.optional(v.array(TcpPattern)),
  paths: v.optional(
    v.strictObject({
      read: v.optional(v.array(PathPattern)),
      write: v.optional(v.array(PathPattern)),
    }),
  ),
  commands: v.optional(v.array(CommandPermission)),
  secrets: v.optional(v.pipe(v.array(SecretPermission), v.maxLength(32, "must name at most 32 secrets"))),
  routes: v.optional(v.pipe(v.array(RoutePermission), v.maxLength(64, "must name at most 64 routes"))),
  /** Model calls that the plugin may make itself. */
  llm: v.optional(v.strictObject({ maxTokensPerDay: positive })),
  /** WebAssembly inside the isolate. */
  wasm: v.optional(v.boolean()),
  limits: v.optional(LimitsPermission),
});

export const PermissionsSchema = v.pipe(
  PermissionsBlock,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const { index, keys, message } of secretIssues(dataset.value)) {
      addIssue({ message, path: pathTo(dataset.value, ["secrets", index, ...keys]) });
    }
    for (const { index, keys, message } of routeIssues(dataset.value)) {
      addIssue({ message, path: pathTo(dataset.value, ["routes", index, ...keys]) });
    }
  }),
);

/** A place within `input`, as valibot wants it. */
function pathTo(input: unknown, keys: readonly (string | number)[]): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const items = keys.map((key) => ({
    type: "unknown" as const,
    origin: "value" as const,
    input,
    key,
    value: key,
  }));
  return items as [v.IssuePathItem, ...v.IssuePathItem[]];
}

export type Permissions = v.InferOutput<typeof PermissionsSchema>;
