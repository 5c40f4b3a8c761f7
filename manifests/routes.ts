/**
 * The `routes` of a permissions block: which HTTP requests from outside reach a plugin, and how their caller is checked.
 *
 * Pure. The gateway listens at `/plugin/<id>` and the route's path. A path is exact, or ends in `/*` and then stands for
 * all that is below. What a caller is checked with is a secret of the same manifest that the plugin cannot read.
 */
import * as v from "valibot";
import { useOf, type Secret } from "./secrets.ts";

/** The largest body of a route that says no other number, and of one whose signature covers it: it is held whole. */
export const PLAIN_BODY_BYTES = 1024 * 1024;
const MAX_BODY_BYTES = 64 * PLAIN_BODY_BYTES;

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"] as const;

const HeaderName = v.pipe(
  v.string(),
  v.maxLength(64, "must be at most 64 characters"),
  v.regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "must be the name of a header"),
);

const SecretRef = v.pipe(v.string(), v.minLength(1, "must name one of the manifest's secrets"));

const Verify = v.union(
  [
    /** The plugin checks its callers itself. */
    v.literal("none"),
    v.strictObject({
      token: v.strictObject({
        secret: SecretRef,
        /** The header that holds the secret and nothing else; `Authorization: Bearer` if left out. */
        header: v.optional(HeaderName),
      }),
    }),
    v.strictObject({
      hmac: v.strictObject({
        secret: SecretRef,
        /** The header with the signature of the raw body. */
        header: HeaderName,
        algorithm: v.picklist(["sha256", "sha1", "sha512"]),
        /** What stands before the signature, for example `sha256=`. */
        prefix: v.optional(
          v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,32}$/, "must be 1 to 32 visible characters")),
        ),
        /** `hex` if left out. */
        encoding: v.optional(v.picklist(["hex", "base64"])),
      }),
    }),
  ],
  'must be "none", { "token": { "secret", "header"? } } or { "hmac": { "secret", "header", "algorithm", "prefix"?, "encoding"? } }',
);

export const RoutePermission = v.strictObject({
  path: v.pipe(
    v.string(),
    v.maxLength(200, "must be at most 200 characters"),
    v.regex(
      /^(?:\/|(?:\/[\w\-.~!$&'()+,;=:]+)+)$|^(?:\/[\w\-.~!$&'()+,;=:]+)*\/\*$/,
      'must be a path like "/hook", or "/api/*" for all below',
    ),
    v.check((path) => !/\/\.{1,2}(?:\/|$)/.test(path), 'must not contain "." or ".."'),
  ),
  methods: v.pipe(v.array(v.picklist(METHODS)), v.minLength(1, "must name at least one method")),
  maxBodyBytes: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(MAX_BODY_BYTES, `must be at most ${MAX_BODY_BYTES}`),
    ),
  ),
  verify: Verify,
});

export type Route = v.InferOutput<typeof RoutePermission>;

/** Address of a plugin's root on the gateway. */
export function routeRoot(pluginId: string): string {
  return `/plugin/${pluginId}`;
}

export function maxBodyOf(route: Route): number {
  return route.maxBodyBytes ?? PLAIN_BODY_BYTES;
}

/** Whether the route's path is, or covers, the path of a request, as it stands in its URL. */
export function matchRoute(route: Pick<Route, "path">, path: string): boolean {
  if (!route.path.endsWith("/*")) return path === route.path;
  return path.startsWith(route.path.slice(0, -1)) || path === route.path.slice(0, -2);
}

/** As the owner reads it; two routes that differ in anything read differently. */
export function routeLine(route: Route, pluginId: string): string {
  const { methods, path, verify } = route;
  return `route ${methods.join(",")} ${routeRoot(pluginId)}${path} (at most ${sizeText(maxBodyOf(route))}): ${checkText(verify)}`;
}

/** Exact: two sizes never read alike. */
function sizeText(bytes: number): string {
  const [unit, size] = bytes % PLAIN_BODY_BYTES === 0 ? ["MiB", PLAIN_BODY_BYTES] : ["KiB", 1024];
  return bytes > 0 && bytes % Number(size) === 0 ? `${bytes / Number(size)} ${unit}` : `${bytes} bytes`;
}

function checkText(verify: Route["verify"]): string {
  if (verify === "none") return "anyone may call it, and the plugin itself checks who does";
  if ("token" in verify) {
    const { secret, header } = verify.token;
    return `callers show the secret ${secret} ${header === undefined ? "as Bearer token" : `in the header ${header}`}`;
  }
  const { secret, header, algorithm, prefix, encoding = "hex" } = verify.hmac;
  const form = `${algorithm}, ${encoding}${prefix === undefined ? "" : `, after ${JSON.stringify(prefix)}`}`;
  return `callers sign the body with the secret ${secret} in the header ${header} (${form})`;
}

export interface RouteIssue {
  readonly index: number;
  /** The keys within the route. */
  readonly keys: readonly string[];
  readonly message: string;
}

/** What is wrong with the routes of a block as a whole. */
export function routeIssues(block: {
  readonly routes?: readonly Route[] | undefined;
  readonly secrets?: readonly Secret[] | undefined;
}): RouteIssue[] {
  const { routes = [], secrets = [] } = block;
  return routes.flatMap((route, index) => {
    const twin = routes.findIndex(
      ({ path, methods }) => path === route.path && methods.some((method) => route.methods.includes(method)),
    );
    return [
      ...(twin === index ? [] : [{ index, keys: ["path"], message: "must not stand twice with one method" }]),
      ...verifyIssues(route, secrets).map((issue) => ({ index, ...issue })),
    ];
  });
}

function verifyIssues(
  { verify, maxBodyBytes = 0 }: Route,
  secrets: readonly Secret[],
): Omit<RouteIssue, "index">[] {
  if (verify === "none") return [];
  const [kind, name] = "token" in verify ? ["token", verify.token.secret] : ["hmac", verify.hmac.secret];
  const keys = ["verify", kind, "secret"];
  const secret = secrets.find((each) => each.name === name);
  const fits =
    secret !== undefined && (useOf(secret) === "verify" || (kind === "hmac" && useOf(secret) === "hmac"));
  return [
    ...(fits
      ? []
      : [
          {
            keys,
            message: `must name a secret that is declared for it: add { "name": "${name}", "use": "verify" } to "secrets"`,
          },
        ]),
    ...(kind === "hmac" && maxBodyBytes > PLAIN_BODY_BYTES
      ? [
          {
            keys: ["maxBodyBytes"],
            message: `must be at most ${PLAIN_BODY_BYTES}: a body is held whole until its signature is checked`,
          },
        ]
      : []),
  ];
}
