/** `node:https`: `node:http` with another scheme. */
import http from "node:http";

type Args = readonly unknown[];

/** What names no scheme is https. */
function withScheme(args: Args): never {
  return args.map((each) =>
    typeof each === "object" && each !== null && !(each instanceof URL)
      ? { protocol: "https:", ...each }
      : each,
  ) as never;
}

export default {
  ...http,
  get: (...args: Args) => Reflect.apply(http.get, http, withScheme(args)),
  request: (...args: Args) => Reflect.apply(http.request, http, withScheme(args)),
};
