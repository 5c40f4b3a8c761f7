/** What a service brought, parsed: from the JSON of a plugin to the SDK's `ChannelEvent`, or what is wrong with it. */
import * as v from "valibot";
import type { JsonObject } from "#host/base/json.ts";
import { ACCOUNTS } from "#host/base/limits.ts";
import type { ChannelEvent } from "#host/sdk/message.ts";

const id = v.pipe(v.string(), v.minLength(1, "must not be empty"), v.maxLength(512));
const line = v.pipe(v.string(), v.maxLength(512));
const text = v.pipe(v.string(), v.maxLength(ACCOUNTS.maxTextChars));
const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const fromService = {
  id,
  conversation: v.strictObject({
    id,
    kind: v.picklist(["direct", "group", "thread"]),
    title: v.exactOptional(line),
    parent: v.exactOptional(id),
  }),
  sender: v.strictObject({
    id,
    name: v.exactOptional(line),
    bot: v.exactOptional(v.boolean()),
    self: v.exactOptional(v.boolean()),
  }),
  sentAt: time,
};

const media = v.pipe(
  v.array(
    v.strictObject({
      handle: v.pipe(v.string(), v.minLength(1), v.maxLength(2_048)),
      mimeType: line,
      name: v.exactOptional(line),
      bytes: v.exactOptional(time),
    }),
  ),
  v.maxLength(64),
);
const mention = v.strictObject({ id, self: v.exactOptional(v.boolean()) });

const Event = v.variant("type", [
  v.strictObject({
    type: v.literal("message"),
    ...fromService,
    text,
    replyTo: v.exactOptional(id),
    media: v.exactOptional(media),
    mentions: v.exactOptional(v.pipe(v.array(mention), v.maxLength(256))),
  }),
  v.strictObject({
    type: v.literal("edit"),
    ...fromService,
    target: id,
    text,
    media: v.exactOptional(media),
  }),
  v.strictObject({ type: v.literal("delete"), ...fromService, target: id }),
  v.strictObject({
    type: v.literal("reaction"),
    ...fromService,
    target: id,
    emoji: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
    removed: v.exactOptional(v.boolean()),
  }),
]) satisfies v.GenericSchema<unknown, ChannelEvent>;

export type ParsedEvent =
  | { readonly ok: true; readonly event: ChannelEvent }
  /** Which field breaks which rule; never its value. */
  | { readonly ok: false; readonly problem: string };

export function parseEvent(json: JsonObject): ParsedEvent {
  const parsed = v.safeParse(Event, json, { abortEarly: true });
  if (parsed.success) return { ok: true, event: parsed.output };
  const [issue] = parsed.issues;
  const rule = issue.message.startsWith("must ")
    ? issue.message
    : `must be ${issue.expected ?? "as the SDK has it"}`;
  return { ok: false, problem: `${v.getDotPath(issue) ?? "the event"} ${rule}` };
}
