/** What a shim has in place of something that an isolate cannot do: it throws when it is used, with the reason. */

/** Callable and constructible, and usable as a base class, so that a library that only mentions it loads. */
export function absent(name: string, reason: string): never {
  function missing(): never {
    throw Object.assign(new Error(`Cannot use ${name} in an isolate: ${reason}`), {
      code: "ERR_METHOD_NOT_IMPLEMENTED",
    });
  }
  Object.defineProperty(missing, "name", { value: name.split(".").at(-1) });
  return missing as never;
}
