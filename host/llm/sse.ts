/**
 * Server-sent events, as far as model servers use them: the data of each event.
 *
 * Follows the WHATWG's event stream interpretation: several `data` lines are joined, comments and other
 * fields are left out, and an event that the end of the stream cuts off is dropped.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import { createLineCutter } from "./lines.ts";

export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const cutter = createLineCutter();
  let data: string[] = [];
  for await (const chunk of body) {
    for (const line of cutter.push(chunk)) {
      if (line === "") {
        if (data.length > 0) yield data.join("\n");
        data = [];
      } else if (line === "data" || line.startsWith("data:")) {
        data.push(line.slice("data:".length).replace(/^ /, ""));
      }
    }
  }
}

/** Events whose data is a JSON object, which is all that model servers send besides `[DONE]`. */
export async function* readJsonEvents(
  body: AsyncIterable<Uint8Array>,
  server: string,
): AsyncGenerator<JsonObject> {
  for await (const data of readEvents(body)) {
    if (data === "[DONE]") return;
    yield parseEvent(data, server);
  }
}

function parseEvent(data: string, server: string): JsonObject {
  let cause: unknown;
  try {
    const value: unknown = JSON.parse(data);
    if (isJsonObject(value)) return value;
  } catch (thrown) {
    cause = thrown;
  }
  const shown = JSON.stringify(data.slice(0, 80));
  throw new HostError("model.broken", `${server} sent an event that is not a JSON object: ${shown}`, {
    cause,
  });
}
