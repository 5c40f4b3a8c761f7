/** WHATWG Compression: the two streams, their formats, their errors and their back-pressure. */
import { is, ok, rejects, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const FORMATS = ["deflate", "deflate-raw", "gzip", "brotli"] as const;
type Format = (typeof FORMATS)[number];

/** "hello hello hello" in each format, made with Python's zlib and gzip, and with Google's brotli. */
const PACKED: Readonly<Record<Format, string>> = {
  deflate: "78 9c cb 48 cd c9 c9 57 c8 40 90 00 3a 2e 06 7d",
  "deflate-raw": "cb 48 cd c9 c9 57 c8 40 90 00",
  gzip: "1f 8b 08 00 00 00 00 00 02 03 cb 48 cd c9 c9 57 c8 40 90 00 80 88 f9 e5 11 00 00 00",
  brotli: "1b 10 00 f8 8d 94 6e de 44 55 86 96 6c 20 6f 01 4f 1c 60 1c",
};
const TEXT = "hello hello hello";

type Chunk = Uint8Array<ArrayBuffer>;
interface Transform {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<BufferSource>;
}

function packed(format: Format): Chunk {
  return new Uint8Array(PACKED[format].split(" ").map((byte) => Number.parseInt(byte, 16)));
}

const make = {
  compress: (format: string): Transform => new CompressionStream(untyped(format)),
  decompress: (format: string): Transform => new DecompressionStream(untyped(format)),
};

async function read(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(untyped(readable)).arrayBuffer());
}

/** Writes all chunks and reads everything. */
async function through(transform: Transform, chunks: readonly unknown[]): Promise<Uint8Array> {
  const writer = transform.writable.getWriter();
  const writing = (async () => {
    for (const chunk of chunks) await writer.write(untyped(chunk));
    await writer.close();
  })();
  const [bytes] = await Promise.all([read(transform.readable), writing]);
  return bytes;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);

for (const format of FORMATS) {
  test(`${format}: what another program packed is unpacked`, async () => {
    is(text(await through(make.decompress(format), [packed(format)])), TEXT);
  });

  test(`${format}: unpacked byte by byte, with empty chunks between`, async () => {
    const chunks = [...packed(format)].flatMap((byte) => [new Uint8Array([byte]), new Uint8Array(0)]);
    is(text(await through(make.decompress(format), chunks)), TEXT);
  });

  test(`${format}: there and back in many chunks`, async () => {
    const parts = Array.from({ length: 50 }, (_, index) =>
      bytes(`part ${index}: ${"x".repeat(index * 37)}\n`),
    );
    const small = await through(make.compress(format), parts);
    const back = await through(make.decompress(format), [small]);
    is(text(back), parts.map(text).join(""));
    ok(small.byteLength < back.byteLength / 4, "what it shrank to");
  });

  test(`${format}: nothing packed and unpacked is nothing`, async () => {
    const small = await through(make.compress(format), []);
    ok(small.byteLength > 0, "the packed bytes of nothing");
    is((await through(make.decompress(format), [small])).byteLength, 0);
  });

  test(`${format}: every kind of buffer source`, async () => {
    const source = packed(format);
    const padded = new Uint8Array(source.byteLength + 16);
    padded.set(source, 8);
    const view = new DataView(padded.buffer, 8, source.byteLength);
    for (const chunk of [source.buffer, new Uint8ClampedArray(source), new Int8Array(source), view]) {
      is(text(await through(make.decompress(format), [chunk])), TEXT);
    }
  });

  test(`${format}: a chunk that is no buffer source is a TypeError on both sides`, async () => {
    for (const direction of ["compress", "decompress"] as const) {
      for (const chunk of [undefined, null, 3, "text", {}, [1, 2]]) {
        const transform = make[direction](format);
        const writer = transform.writable.getWriter();
        const reading = rejects(TypeError, read(transform.readable));
        await rejects(TypeError, writer.write(untyped(chunk)));
        await reading;
        await rejects(TypeError, writer.closed);
      }
    }
  });

  test(`${format}: input that ends too early is a TypeError`, async () => {
    const source = packed(format);
    for (const length of [0, 1, source.byteLength - 1]) {
      await rejects(TypeError, through(make.decompress(format), [source.subarray(0, length)]));
    }
  });

  test(`${format}: bytes after the end are a TypeError, in the same chunk and in another`, async () => {
    const source = packed(format);
    const longer = new Uint8Array(source.byteLength + 1);
    longer.set(source);
    await rejects(TypeError, through(make.decompress(format), [longer]));
    await rejects(TypeError, through(make.decompress(format), [source, new Uint8Array([0])]));
  });

  test(`${format}: what is no such data is a TypeError`, async () => {
    await rejects(TypeError, through(make.decompress(format), [new Uint8Array(64).fill(0xfe)]));
  });

  test(`${format}: much from little comes as it is read`, async () => {
    const zeros = new Uint8Array(256 * 1024);
    const small = await through(
      make.compress(format),
      Array.from({ length: 64 }, () => zeros),
    );
    const transform = make.decompress(format);
    const writer = transform.writable.getWriter();
    let written = false;
    const writing = writer.write(untyped(small)).then(() => (written = true));
    const reader = transform.readable.getReader();
    let total = (await reader.read()).value?.byteLength ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
    is(written, false, "whether all was unpacked before it was read");
    const closing = writing.then(() => writer.close());
    for (let step = await reader.read(); !step.done; step = await reader.read())
      total += step.value.byteLength;
    await closing;
    is(total, 64 * zeros.byteLength);
  });

  test(`${format}: a cancelled reader fails the writer, an aborted writer fails the reader`, async () => {
    const reason = new Error("enough");
    const first = make.compress(format);
    const writer = first.writable.getWriter();
    await first.readable.cancel(reason);
    is(await writer.closed.catch((error: unknown) => error), reason);
    const second = make.decompress(format);
    await second.writable.abort(reason);
    is(await read(second.readable).catch((error: unknown) => error), reason);
  });
}

for (const format of ["deflate", "gzip"] as const) {
  test(`${format}: a checksum that does not fit is a TypeError`, async () => {
    const source = packed(format);
    const at = format === "gzip" ? source.byteLength - 8 : source.byteLength - 4;
    source[at] = (source[at] ?? 0) ^ 1;
    await rejects(TypeError, through(make.decompress(format), [source]));
  });
}

test("gzip: a length that does not fit is a TypeError", async () => {
  const source = packed("gzip");
  source[source.byteLength - 4] = 18;
  await rejects(TypeError, through(make.decompress("gzip"), [source]));
});

test("gzip: name, comment, extra field and header checksum are skipped", async () => {
  const plain = packed("gzip");
  const extra = [2, 0, 65, 66];
  const head = [0x1f, 0x8b, 8, 0x1c, 0, 0, 0, 0, 2, 255, ...extra, 110, 0, 99, 0];
  const source = new Uint8Array([...head, ...plain.subarray(10)]);
  is(text(await through(make.decompress("gzip"), [source])), TEXT);
});

test("the formats are these and no others, case counts", () => {
  for (const format of ["", "zlib", "GZIP", "gzip ", "deflateRaw", "a", undefined, null]) {
    throws(TypeError, () => new CompressionStream(untyped(format)));
    throws(TypeError, () => new DecompressionStream(untyped(format)));
  }
  throws(TypeError, () => Reflect.construct(CompressionStream, []));
  throws(TypeError, () => Reflect.construct(DecompressionStream, []));
});

test("a format is converted to text", async () => {
  const transform = make.decompress(untyped({ toString: () => "gzip" }));
  is(text(await through(transform, [packed("gzip")])), TEXT);
});

test("the classes have the shape of interfaces", () => {
  for (const Class of [CompressionStream, DecompressionStream]) {
    const transform = new Class("gzip");
    is(Object.prototype.toString.call(transform), `[object ${Class.name}]`);
    is(transform.readable instanceof ReadableStream, true, "readable");
    is(transform.writable instanceof WritableStream, true, "writable");
    is(transform.readable, transform.readable);
    same(Object.keys(Class.prototype).sort(), ["readable", "writable"]);
    throws(TypeError, () => Reflect.get(Class.prototype, "readable", {}));
    is(Class.length, 1);
  }
});

test("pipeThrough there and back", async () => {
  const source = new Response("piped ".repeat(1000)).body;
  const back = source
    ?.pipeThrough(untyped(new CompressionStream("gzip")))
    .pipeThrough(untyped(new DecompressionStream("gzip")));
  is(await new Response(untyped(back)).text(), "piped ".repeat(1000));
});
