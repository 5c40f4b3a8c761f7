/**
 * The `secrets` of a permissions block: which secrets a plugin uses, how, and where each may stand.
 *
 * A secret's value stays in the host. `slot`: the plugin gets a placeholder, which the broker replaces in one
 * declared place of a request to one declared domain. `hmac`: the host signs bytes with it. `capture`: a value
 * in an answer is kept back and the plugin gets a placeholder for it. `held`: the plugin reads the value, because
 * its protocol computes with it. `verify`: the host checks the callers of a route with it; the plugin has no way to it. A secret that stands in two places is written twice, under one name.
 */
import * as v from "valibot";
import { DomainPattern } from "./domain-pattern.ts";

const HOLE = "{}";

const SecretName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z][\w-]{0,63}$/, 'must be a name of at most 64 letters, digits, "-" and "_"'),
);

/** A question to the owner opens a host for what is asked, never for a secret. */
const FixedDomain = v.pipe(
  DomainPattern,
  v.check((domain) => domain !== "ask", 'must not be "ask": a secret goes to a domain that is named'),
);

/** RFC 6901, to a value inside the document; of plain characters, since the owner reads it in a line. */
const JsonPointer = v.pipe(
  v.string(),
  v.maxLength(256, "must be at most 256 characters"),
  v.regex(/^(?:\/(?:[\w$.@:+-]|~[01])+)+$/, 'must be a JSON pointer like "/auth/token"'),
);

const oneHole = v.check(
  (text: string) => text.split(HOLE).length === 2,
  'must have "{}" once, where the secret stands',
);

const SecretSlot = v.variant("in", [
  v.strictObject({
    in: v.literal("header"),
    name: v.pipe(v.string(), v.regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "must be the name of a header")),
    /** The header's whole value, for example `Bearer {}`; the secret alone where it is left out. */
    format: v.optional(
      v.pipe(v.string(), v.regex(/^[\x20-\x7e]{2,200}$/, "must be printable ASCII text"), oneHole),
    ),
  }),
  v.strictObject({
    in: v.literal("urlPath"),
    /** The path from its beginning, as `/bot{}/`. Behind a last `/` more may follow. */
    pattern: v.pipe(
      v.string(),
      v.regex(/^\/[\w\-.~/:@!$&'()*+,;={}]{2,200}$/, 'must be a path like "/bot{}/", without "?" and "#"'),
      oneHole,
    ),
  }),
  /** A text in a JSON body, or a field of a form. */
  v.strictObject({ in: v.literal("body"), pointer: JsonPointer }),
  /** A text in the JSON of a WebSocket's text messages. */
  v.strictObject({ in: v.literal("frame"), pointer: JsonPointer }),
]);

const CaptureSource = v.strictObject({
  domain: FixedDomain,
  /** The whole path of the request that is answered; `*` stands for one part between slashes. */
  path: v.pipe(
    v.string(),
    v.maxLength(256, "must be at most 256 characters"),
    v.regex(/^\/[\w\-.~/:@%+*]*$/, 'must be a path like "/oauth/token"'),
  ),
  /** Where the value stands in the JSON answer. */
  pointer: JsonPointer,
  /** Where its lifetime in seconds stands. Without one it is kept for an hour. */
  expiresIn: v.optional(JsonPointer),
});

const place = { slot: SecretSlot, domain: FixedDomain };

const SlotSecret = v.strictObject({ name: SecretName, use: v.optional(v.literal("slot")), ...place });
const HmacSecret = v.strictObject({ name: SecretName, use: v.literal("hmac") });
const CapturedSecret = v.strictObject({
  name: SecretName,
  use: v.literal("capture"),
  from: CaptureSource,
  ...place,
});
const VerifySecret = v.strictObject({ name: SecretName, use: v.literal("verify") });
const HeldSecret = v.strictObject({ name: SecretName, use: v.literal("held") });

export const SecretPermission = v.variant("use", [
  SlotSecret,
  HmacSecret,
  CapturedSecret,
  VerifySecret,
  HeldSecret,
]);

export type Secret = v.InferOutput<typeof SecretPermission>;
export type SecretUse = "slot" | "hmac" | "capture" | "verify" | "held";
/** A secret that stands in a place of a request. */
export type PlacedSecret = v.InferOutput<typeof SlotSecret> | v.InferOutput<typeof CapturedSecret>;

export function useOf(secret: Secret): SecretUse {
  return secret.use ?? "slot";
}

export function isPlaced(secret: Secret): secret is PlacedSecret {
  return "slot" in secret;
}

/** What stands before and behind the secret. */
export function aroundHole(template: string): readonly [string, string] {
  const [before = "", after = ""] = template.split(HOLE);
  return [before, after];
}

/** As the owner reads it; two secrets that differ in anything read differently. */
export function secretLine(secret: Secret): string {
  switch (secret.use) {
    case "hmac":
      return `secret ${secret.name}: the host signs with it`;
    case "verify":
      return `secret ${secret.name}: the host checks callers with it`;
    case "held":
      return `secret ${secret.name}: the plugin itself reads its value`;
    case "capture":
      return `secret ${secret.name}: kept from the answer of ${sourceText(secret.from)}, sent in ${placeText(secret)}`;
    default:
      return `secret ${secret.name}: sent in ${placeText(secret)}`;
  }
}

function sourceText({ domain, path, pointer, expiresIn }: v.InferOutput<typeof CaptureSource>): string {
  return `${domain}${path} at ${pointer}${expiresIn === undefined ? "" : ` for the seconds at ${expiresIn}`}`;
}

function placeText({ slot, domain }: PlacedSecret): string {
  switch (slot.in) {
    case "header":
      return `the header ${slot.name} ${JSON.stringify(slot.format ?? HOLE)} to ${domain}`;
    case "urlPath":
      return `the path ${slot.pattern} to ${domain}`;
    case "body":
      return `the body at ${slot.pointer} to ${domain}`;
    case "frame":
      return `messages at ${slot.pointer} to ${domain}`;
  }
}

interface Block {
  readonly domains?: readonly string[] | undefined;
  readonly secrets?: readonly Secret[] | undefined;
}

export interface SecretIssue {
  readonly index: number;
  /** The key within the secret. */
  readonly keys: readonly string[];
  readonly message: string;
}

/** What is wrong with the secrets of a block as a whole. */
export function secretIssues({ domains = [], secrets = [] }: Block): SecretIssue[] {
  return secrets.flatMap((secret, index) => [
    ...domainsOf(secret).flatMap(([keys, domain]) =>
      domains.includes(domain)
        ? []
        : [{ index, keys, message: `must also stand in "domains": add "${domain}" there` }],
    ),
    ...nameIssues(secrets, secret, index),
    ...(secret.use === "held" && domains.includes("ask")
      ? [
          {
            index,
            keys: ["use"],
            message: 'must not be "held" beside the domain "ask": who reads a secret has fixed domains',
          },
        ]
      : []),
  ]);
}

function domainsOf(secret: Secret): (readonly [readonly string[], string])[] {
  if (!isPlaced(secret)) return [];
  const own = [["domain"], secret.domain] as const;
  return secret.use === "capture" ? [[["from", "domain"], secret.from.domain], own] : [own];
}

/** One name is one value, used in one way. Only a slot may be declared again, for another place. */
function nameIssues(secrets: readonly Secret[], secret: Secret, index: number): SecretIssue[] {
  const first = secrets.find(({ name }) => name === secret.name);
  if (first === undefined || first === secret) return [];
  if (useOf(first) === "slot" && useOf(secret) === "slot") return [];
  return [{ index, keys: ["name"], message: `must not stand twice, except for the places of one "slot"` }];
}
