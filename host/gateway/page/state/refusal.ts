/** A refusal by policy, as the host marks it in a tool result's details; null for anything else. */
export interface Refusal {
  /** What the owner can do about it. */
  readonly fix: string | null;
}

export function refusalOf(details: Readonly<Record<string, unknown>> | undefined): Refusal | null {
  if (details?.["code"] !== "effect.denied") return null;
  return { fix: typeof details["fix"] === "string" ? details["fix"] : null };
}
