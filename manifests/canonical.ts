/** JSON with the keys of every object in order: same value, same text, for comparing and hashing. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value));
}

/** Without a prototype, so that a key named `__proto__` is a key like any other. */
function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const sorted = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value).sort()) sorted[key] = inOrder((value as Record<string, unknown>)[key]);
  return sorted;
}
