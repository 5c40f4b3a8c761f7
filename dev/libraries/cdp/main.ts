/** A page in a real Chromium, over its own protocol and the isolate's WebSocket: opened, read, clicked, pictured. */
import { defineTool } from "openclaw/sdk";

type Result = Record<string, unknown>;

/** The protocol in a few lines: requests by number, events by name, both of one session. */
class Browser {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Result>>();
  readonly #events = new Map<string, PromiseWithResolvers<Result>>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data)) as Result));
  }

  static async connect(url: string): Promise<Browser> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("no connection")));
    });
    return new Browser(socket);
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = (this.#last += 1);
    const answer = Promise.withResolvers<Result>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return answer.promise;
  }

  /** The next event of this name. */
  next(method: string): Promise<Result> {
    const event = this.#events.get(method) ?? Promise.withResolvers<Result>();
    this.#events.set(method, event);
    return event.promise;
  }

  close(): void {
    this.#socket.close();
  }

  #take({ id, method, result, params, error }: Result): void {
    if (typeof method === "string") {
      this.#events.get(method)?.resolve(params as Result);
      this.#events.delete(method);
      return;
    }
    const answer = this.#waiting.get(Number(id));
    this.#waiting.delete(Number(id));
    if (error === undefined) answer?.resolve(result as Result);
    else answer?.reject(new Error(JSON.stringify(error)));
  }
}

export default defineTool({
  name: "try",
  description: "Uses a browser",
  parameters: {
    type: "object",
    properties: { host: { type: "string" }, page: { type: "string" } },
    required: ["host", "page"],
  },
  async execute({ host, page }) {
    const version = (await (await fetch(`http://${host}/json/version`)).json()) as Result;
    const address = new URL(String(version.webSocketDebuggerUrl));
    const browser = await Browser.connect(`ws://${host}${address.pathname}`);
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    const ask = (method: string, params?: object) => browser.send(method, params, String(sessionId));
    await ask("Page.enable");
    const loaded = browser.next("Page.loadEventFired");
    await ask("Page.navigate", { url: page });
    await loaded;
    const read = async (expression: string) => {
      const { result } = await ask("Runtime.evaluate", { expression, returnByValue: true });
      return (result as Result).value;
    };
    const before = await read("document.querySelector('button').textContent");
    await read("document.querySelector('button').click()");
    const after = await read("document.querySelector('button').textContent");
    const { data } = await ask("Page.captureScreenshot", { format: "png" });
    browser.close();
    return JSON.stringify({ before, after, png: String(data).slice(0, 8), pngChars: String(data).length });
  },
});
