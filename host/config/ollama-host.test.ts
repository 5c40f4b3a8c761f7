import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOllamaHost } from "./ollama-host.ts";

const SPELLINGS = {
  "127.0.0.1:11434": "http://127.0.0.1:11434",
  "127.0.0.1": "http://127.0.0.1:11434",
  localhost: "http://localhost:11434",
  ":8080": "http://127.0.0.1:8080",
  "0.0.0.0": "http://127.0.0.1:11434",
  "0.0.0.0:5000": "http://127.0.0.1:5000",
  "http://0.0.0.0:5000/": "http://127.0.0.1:5000",
  "http://gpu.local": "http://gpu.local",
  "https://gpu.local": "https://gpu.local",
  "https://gpu.local:8443/ollama/": "https://gpu.local:8443/ollama",
  "gpu.local/ollama": "http://gpu.local:11434/ollama",
  "[::1]": "http://[::1]:11434",
  "[::1]:9000": "http://[::1]:9000",
  "::1": "http://[::1]:11434",
  "[::]:9000": "http://127.0.0.1:9000",
  '"127.0.0.1:11434"': "http://127.0.0.1:11434",
  "  10.0.0.5  ": "http://10.0.0.5:11434",
};

test("every spelling that Ollama takes is an address to connect to", () => {
  for (const [spelling, address] of Object.entries(SPELLINGS)) {
    assert.equal(parseOllamaHost(spelling), address, spelling);
  }
});

test("what is no address is none", () => {
  for (const text of [
    "http://",
    "ftp://gpu.local",
    "a b",
    "127.0.0.1:99999",
    "http://[::1",
    "///",
    "http:///x:y",
  ]) {
    assert.equal(parseOllamaHost(text), null, text);
  }
});
