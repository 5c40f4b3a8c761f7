/** In place of the package of that name, which readable-stream asks for where there is none. */
export const { AbortController, AbortSignal } = globalThis;
