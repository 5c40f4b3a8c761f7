/** XHR standard, section 4.3: FormData; RFC 7578 and Fetch 5.3: multipart bodies. */
import { is, ok, rejects, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const multipart = (text: string, boundary = "b") =>
  new Response(text.replaceAll("\n", "\r\n"), {
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
  }).formData();

test("append, set, get, getAll, has, delete", () => {
  const form = new FormData();
  form.append("a", "1");
  form.append("b", "2");
  form.append("a", "3");
  same(
    [form.get("a"), form.getAll("a"), form.get("z"), form.getAll("z"), form.has("b")],
    ["1", ["1", "3"], null, [], true],
  );
  form.set("a", "4");
  same(
    [...form],
    [
      ["a", "4"],
      ["b", "2"],
    ],
  );
  form.delete("a");
  same([...form.keys()], ["b"]);
});

test("values become texts, Blobs become Files", () => {
  const form = new FormData();
  form.append("n", untyped(1));
  form.append("u", untyped(undefined));
  form.append("s", "\ud800");
  form.append("b", new Blob(["x"], { type: "t/x" }));
  form.append("named", new Blob(["x"]), "n.txt");
  const file = new File(["y"], "own.txt", { lastModified: 5 });
  form.append("f", file);
  form.append("g", file, "other.txt");
  same([form.get("n"), form.get("u"), form.get("s")], ["1", "undefined", "\ufffd"]);
  const [blob, named] = [form.get("b"), form.get("named")] as File[];
  same([blob instanceof File, blob?.name, blob?.type, named?.name], [true, "blob", "t/x", "n.txt"]);
  is(form.get("f"), file);
  same([(form.get("g") as File).name, (form.get("g") as File).lastModified], ["other.txt", 5]);
});

test("a file name wants a Blob, and arguments are required", () => {
  const form = new FormData();
  throws(TypeError, () => form.append("a", untyped("text"), "n"));
  throws(TypeError, () => form.set("a", untyped("text"), "n"));
  throws(TypeError, () => Reflect.apply(form.append, form, ["a"]));
  throws(TypeError, () => Reflect.apply(form.get, form, []));
  throws(TypeError, () => new FormData(untyped("text")));
  throws(TypeError, () => new FormData(untyped(null)));
  is([...new FormData(undefined)].length, 0);
});

test("iteration is live and in order", () => {
  const form = new FormData();
  for (const name of ["a", "b", "c"]) form.append(name, name);
  const seen: string[] = [];
  for (const [name] of form) {
    seen.push(name);
    if (name === "a") form.delete("b");
  }
  same(seen, ["a", "c"]);
  const told: unknown[] = [];
  form.forEach((value, name, whole) => told.push(value, name, whole === form));
  same(told, ["a", "a", true, "c", "c", true]);
  is(FormData.prototype[Symbol.iterator], FormData.prototype.entries);
});

test("as a body it is multipart with a boundary of its own", async () => {
  const form = new FormData();
  form.append("a", "line\nbreak\r");
  form.append('q"\r\n', new File(["x"], 'f"\n.txt', { type: "t/x" }));
  const response = new Response(form);
  const [, boundary] =
    /^multipart\/form-data; ?boundary=(\S+)$/.exec(response.headers.get("content-type") ?? "") ?? [];
  ok(boundary);
  is(
    await response.text(),
    `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nline\r\nbreak\r\n\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="q%22%0D%0A"; filename="f%22%0A.txt"\r\nContent-Type: t/x\r\n\r\nx\r\n` +
      `--${boundary}--\r\n`,
  );
});

test("it comes back as it went", async () => {
  const form = new FormData();
  form.append("a", "1");
  form.append("a", "\u00e9\u{1f600}");
  form.append("empty", "");
  form.append("f", new File([new Uint8Array([0, 13, 10, 255])], "\u00e9.bin", { type: "a/b" }));
  const back = await new Request("https://a.example", { method: "POST", body: form }).formData();
  same(back.getAll("a"), ["1", "\u00e9\u{1f600}"]);
  const file = back.get("f") as File;
  same([back.get("empty"), file.name, file.type], ["", "\u00e9.bin", "a/b"]);
  same(new Uint8Array(await file.arrayBuffer()), new Uint8Array([0, 13, 10, 255]));
});

test("a multipart text is parsed: names, files, types, percent signs of the three characters", async () => {
  const form = await multipart(
    '--b\nContent-Disposition: form-data; name="a%22%0D%0Ab"\n\nvalue\n--b\nContent-Disposition: form-data; name="f"; filename="n"\nContent-Type: x/y\n\nbody\n--b\nContent-Disposition: form-data; name="g"; filename=""\n\nz\n--b--\n',
  );
  is(form.get('a"\r\nb'), "value");
  const [file, untypedFile] = [form.get("f"), form.get("g")] as File[];
  same([file?.name, file?.type, await file?.text(), untypedFile?.type], ["n", "x/y", "body", "text/plain"]);
});

test("an empty form is its last boundary alone", async () => {
  is([...(await multipart("--b--\n"))].length, 0);
  is([...(await new Response(new FormData()).formData())].length, 0);
});

test("what is no multipart is refused", async () => {
  for (const text of [
    "",
    "nonsense",
    "--b",
    '--b\nContent-Disposition: form-data; name="a"\n\nno end',
    "--b\n\nx\n--b--",
  ]) {
    await rejects(TypeError, multipart(text));
  }
  await rejects(
    TypeError,
    new Response("--b--", { headers: { "content-type": "multipart/form-data" } }).formData(),
  );
  await rejects(TypeError, new Response("a", { headers: { "content-type": "text/plain" } }).formData());
  await rejects(TypeError, new Response("a=b").formData());
});

test("an urlencoded body is a form too", async () => {
  const form = await new Response(new URLSearchParams("a=1&a=2&b=%C3%A9+x")).formData();
  same(
    [...form],
    [
      ["a", "1"],
      ["a", "2"],
      ["b", "\u00e9 x"],
    ],
  );
});

test("the boundary may be quoted", async () => {
  const response = new Response('--x y\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x y--\r\n', {
    headers: { "content-type": 'multipart/form-data; boundary="x y"' },
  });
  is((await response.formData()).get("a"), "1");
});
