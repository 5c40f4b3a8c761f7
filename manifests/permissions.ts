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

/** Optional, with what editors and the reference say of it. */
function told<const Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  example?: unknown,
): v.OptionalSchema<Schema, undefined> {
  const about = v.metadata({ description: text, ...(example === undefined ? {} : { examples: [example] }) });
  // What is said of a schema changes neither what goes in nor what comes out.
  return v.optional(v.pipe(schema, about)) as unknown as v.OptionalSchema<Schema, undefined>;
}

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
  command: v.pipe(
    v.string(),
    v.regex(
      /^(?:\/[^\s;|&$`<>]+|[^\s;|&$`<>/]+|\$config\.[A-Za-z][\w.-]*)$/,
      'must be one program name, an absolute path or "$config.key"',
    ),
    v.description(
      "The program's name, looked up in the system's own folders, or an absolute path. `$config.key` stands for the programs that the owner lists under that key of the plugin's settings.",
    ),
  ),
  args: told(
    v.array(v.string()),
    "One pattern for each argument, none if left out. `*` stands for any characters, but what begins with it matches no option; a last `**` stands for any number of arguments that are no options, `-**` of any.",
  ),
  env: told(
    v.array(
      v.pipe(
        v.string(),
        v.regex(/^[A-Za-z_]\w*$/, "must be an environment variable's name"),
        v.check((name) => !choosesCode(name), "must not be a variable that chooses which code runs"),
      ),
    ),
    "Names of the environment variables that the plugin may set.",
  ),
});

const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

const LimitsPermission = v.strictObject({
  heapMiB: told(positive, "V8 heap of the isolate, MiB."),
  rssMiB: told(positive, "Memory of the sandbox process, MiB."),
  cpuSliceMs: told(positive, "Uninterrupted run of JavaScript, ms."),
  deadlineMs: told(positive, "Wall time of one call, ms."),
  concurrency: told(positive, "Calls at once."),
  bytes: told(positive, "Bytes of one response or file."),
  storage: told(positive, "Bytes of `ctx.storage`: 1 MiB if not given, at most 64 MiB."),
});

/** The descriptions stand in editors, and in docs/permissions.md. */
const PermissionsBlock = v.strictObject({
  domains: told(
    v.array(DomainPattern),
    "Hosts for `fetch` and `WebSocket`: `api.example.org` is that host, `.example.org` the host and all below it, with a port where it is not the web's; `$config.key` is a host that the owner configures; `ask` lets the owner be asked for any public host, one by one.",
    ["api.example.org", "$config.server"],
  ),
  tcp: told(
    v.array(TcpPattern),
    "Hosts with their port for `ctx.net`, where what is spoken is neither HTTP nor WebSocket.",
    ["imap.example.org:993"],
  ),
  paths: told(
    v.strictObject({
      read: told(v.array(PathPattern), "Folders and files to read."),
      write: told(v.array(PathPattern), "Folders and files to write; reading is asked for apart."),
    }),
    "Files for `ctx.files` and for commands, below `$WORKSPACE` (what the agent works on), `$STATE`, `$PLUGIN` (the plugin's own folder) or `~`.",
    { read: ["$WORKSPACE/notes"] },
  ),
  commands: told(
    v.array(CommandPermission),
    "Programs for `ctx.commands`, each with the arguments that it may get. No shell reads them, and each runs without network.",
    [{ command: "git", args: ["log", "--oneline", "**"] }],
  ),
  secrets: told(
    v.pipe(v.array(SecretPermission), v.maxLength(32, "must name at most 32 secrets")),
    "Secrets of the owner's for `ctx.secrets`. With a `slot` the plugin gets a placeholder, which the host replaces in that one place of requests to that one domain; `hmac` lets the host sign with it, `capture` keeps a value of an answer back, `held` lets the plugin read it.",
    [
      {
        name: "apiKey",
        domain: "api.example.org",
        slot: { in: "header", name: "authorization", format: "Bearer {}" },
      },
    ],
  ),
  routes: told(
    v.pipe(v.array(RoutePermission), v.maxLength(64, "must name at most 64 routes")),
    "Requests from outside, below `/plugin/<id>` of the gateway. `verify` says how a caller is checked before the plugin sees anything: by a token or a signature of the body, or by the plugin itself.",
    [{ path: "/hook", methods: ["POST"], verify: "none" }],
  ),
  llm: told(
    v.strictObject({ maxTokensPerDay: positive }),
    "Calls of the owner's model by `ctx.llm`, within a budget of tokens a day.",
    { maxTokensPerDay: 50_000 },
  ),
  wasm: told(v.boolean(), "WebAssembly inside the isolate.", true),
  limits: told(
    LimitsPermission,
    "Bounds for the plugin itself. They are no rights and nobody is asked for them; beyond the host's own they are cut.",
    { deadlineMs: 30_000 },
  ),
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
