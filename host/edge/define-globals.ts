/**
 * Puts names on the global object as the platform's stand there: writable and configurable; classes and
 * namespaces are not listed, functions are. What a minifier renamed gets its name back.
 */
import { refuseCloning } from "./structured-clone.ts";

export function defineGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    const isClass = typeof value === "function" && /^[A-Z]/.test(name);
    if (typeof value === "function" && value.name !== name) {
      Object.defineProperty(value, "name", { value: name, configurable: true });
    }
    if (isClass) refuseCloning((value as { prototype: object }).prototype);
    Object.defineProperty(globalThis, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: !isClass && name !== "console" && !name.startsWith("__"),
    });
  }
}
