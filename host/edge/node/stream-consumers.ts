/** `node:stream/consumers`: a whole stream as one value. */

type Source = AsyncIterable<Uint8Array | string>;

async function buffer(source: Source): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(typeof part === "string" ? Buffer.from(part) : part);
  return Buffer.concat(parts);
}

const text = async (source: Source) => (await buffer(source)).toString();

export default {
  buffer,
  text,
  json: async (source: Source) => JSON.parse(await text(source)) as unknown,
  bytes: async (source: Source) => new Uint8Array(await buffer(source)),
  arrayBuffer: async (source: Source) => new Uint8Array(await buffer(source)).buffer,
  blob: async (source: Source) => new Blob([new Uint8Array(await buffer(source))]),
};
