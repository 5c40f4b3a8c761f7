/** Undici's fetch classes. They need each other in a circle that only opens from the end of `Response`. */
import { Response } from "undici/lib/web/fetch/response.js";
import { FormData } from "undici/lib/web/fetch/formdata.js";
import { Headers } from "undici/lib/web/fetch/headers.js";
import { Request } from "undici/lib/web/fetch/request.js";

/** What iterates them is made by one function for both, which leaves it without names. */
for (const { prototype } of [FormData, Headers]) {
  for (const name of ["entries", "forEach", "keys", "values"]) {
    Object.defineProperty(Reflect.get(prototype, name), "name", { value: name, configurable: true });
  }
}

export function isResponse(value: unknown): value is Response {
  return value instanceof Response;
}

export { FormData, Headers, Request, Response };
