/** `ctx.secrets`: secrets of the owner's that a plugin uses without seeing them. */

/**
 * Every method rejects with an `Error` whose `code` is `denied` (not in the manifest, or not granted) or
 * `not-found` (the owner has not set it), and whose message says what to do.
 */
export interface PluginSecrets {
  /**
   * A placeholder for a secret with a `slot`. Put it exactly where the manifest says that the secret stands; the
   * host replaces it there, on the way to the declared domain, and nowhere else.
   *
   * @example
   * ```ts
   * const key = await ctx.secrets.use("apiKey");
   * await fetch("https://api.example.org/", { headers: { authorization: `Bearer ${key}` } });
   * ```
   */
  use(name: string): Promise<string>;
  /** HMAC over the data with a secret of the use `hmac`, computed by the host. Text is taken as UTF-8. */
  hmac(name: string, data: string | Uint8Array, algorithm?: "sha256" | "sha1"): Promise<Uint8Array>;
  /** The value of a secret of the use `held`. */
  reveal(name: string): Promise<string>;
}
