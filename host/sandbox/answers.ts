/**
 * What a plugin's answers must look like before the rest of the host sees them.
 *
 * The second half of the border: the frame was checked by the pipe, its `value` is checked here. Guarantees a
 * bounded result of known parts; a plugin that answers something else has failed, and is told how.
 */
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";
import type { JsonValue } from "#host/base/json.ts";
import { SANDBOX } from "#host/base/limits.ts";
import type { ChannelDescriptor } from "#host/sdk/channel.ts";
import type { ToolResult } from "#host/sdk/tool.ts";
import type { PluginDescription } from "./contract.ts";

const MAX_PARTS = 64;
const MAX_TOOLS = 128;

const Content = v.variant("type", [
  v.strictObject({ type: v.literal("text"), text: v.string() }),
  v.strictObject({
    type: v.literal("image"),
    data: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]*={0,2}$/, "must be base64")),
    mimeType: v.pipe(v.string(), v.regex(/^image\/[\w.+-]{1,64}$/, 'must be like "image/png"')),
  }),
]);

const Result = v.strictObject({
  content: v.pipe(v.array(Content), v.maxLength(MAX_PARTS)),
  details: v.exactOptional(v.unknown()),
  isError: v.exactOptional(v.boolean()),
}) satisfies v.GenericSchema<unknown, ToolResult>;

const Capabilities = v.strictObject({
  chats: v.array(v.picklist(["direct", "group", "thread"])),
  maxTextChars: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  markup: v.exactOptional(v.picklist(["plain", "markdown", "html", "mrkdwn"])),
  replies: v.exactOptional(v.boolean()),
  edits: v.exactOptional(v.boolean()),
  deletes: v.exactOptional(v.boolean()),
  reactions: v.exactOptional(v.boolean()),
  typing: v.exactOptional(v.boolean()),
  media: v.exactOptional(
    v.strictObject({
      in: v.exactOptional(v.boolean()),
      out: v.exactOptional(v.boolean()),
      maxBytes: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
    }),
  ),
  idempotentSends: v.exactOptional(v.boolean()),
});

export const ChannelAnswer = v.strictObject({
  id: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "must be 1 to 64 lower case letters, digits, _ and -"),
  ),
  capabilities: Capabilities,
  backfill: v.boolean(),
  login: v.boolean(),
}) satisfies v.GenericSchema<unknown, ChannelDescriptor>;

const Description = v.strictObject({
  kind: v.picklist(["tool", "skill", "channel", "routes"]),
  tools: v.pipe(
    v.array(
      v.strictObject({
        name: v.pipe(
          v.string(),
          v.regex(/^[a-z0-9_-]{1,64}$/, "must be 1 to 64 lower case letters, digits, _ and -"),
        ),
        description: v.pipe(v.string(), v.maxLength(4_000)),
        parameters: v.record(v.string(), v.unknown()),
      }),
    ),
    v.maxLength(MAX_TOOLS),
  ),
  channel: v.exactOptional(ChannelAnswer),
  routes: v.exactOptional(v.boolean()),
}) satisfies v.GenericSchema<unknown, PluginDescription>;

/** Throws HostError `plugin.failed` that names the tool, the field and the rule. */
export function parseToolResult(value: JsonValue, tool: string): ToolResult {
  const result = parseAnswer(Result, value, `Cannot use the result of "${tool}"`);
  const chars = result.content.reduce(
    (sum, part) => sum + (part.type === "text" ? part.text : part.data).length,
    0,
  );
  if (chars <= SANDBOX.maxResultBytes) return result;
  throw new HostError(
    "plugin.failed",
    `Cannot use the result of "${tool}": longer than ${SANDBOX.maxResultBytes} bytes`,
    {
      fix: "Return less, or write it to a file and return its path",
    },
  );
}

/** Throws HostError `plugin.failed` that names the plugin, the field and the rule. */
export function parseDescription(value: JsonValue, plugin: string): PluginDescription {
  return parseAnswer(Description, value, `Cannot use the plugin "${plugin}"`);
}

function parseAnswer<Output>(
  schema: v.GenericSchema<unknown, Output>,
  value: JsonValue,
  what: string,
): Output {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new HostError("plugin.failed", `${what}: ${v.getDotPath(issue) ?? "the answer"}: ${issue.message}`);
}
