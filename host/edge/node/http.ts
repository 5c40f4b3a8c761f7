/**
 * `node:http`: a client over `fetch`, with the names that servers are written with.
 *
 * A request's body is collected and sent when it ends; an answer streams. Not there: listening, agents that do
 * anything, upgrades, trailers. A route of the manifest stands in place of a server.
 */
import EventEmitter from "node:events";
import stream from "node:stream";
import { absent } from "./absent.ts";
import { METHODS, STATUS_CODES } from "./http-constants.ts";
import { ClientRequest } from "./http-request.ts";
import { IncomingMessage } from "./http-response.ts";

type Args = ConstructorParameters<typeof ClientRequest>;

const noServer = "it cannot listen: declare a route in the manifest";

class Agent extends EventEmitter {
  readonly options: object;
  readonly requests = {};
  readonly sockets = {};
  readonly freeSockets = {};

  constructor(options: object = {}) {
    super();
    this.options = options;
  }

  destroy(): void {}
}

/** Libraries look at their prototypes; nothing makes one. */
class OutgoingMessage extends stream.Writable {}
class ServerResponse extends OutgoingMessage {}

export default {
  METHODS,
  STATUS_CODES,
  Agent,
  ClientRequest,
  IncomingMessage,
  OutgoingMessage,
  Server: absent("http.Server", noServer),
  ServerResponse,
  createServer: absent("http.createServer", noServer),
  get: (...args: Args) => new ClientRequest(...args).end(),
  globalAgent: new Agent(),
  maxHeaderSize: 16_384,
  request: (...args: Args) => new ClientRequest(...args),
  setMaxIdleHTTPParsers: () => {},
  validateHeaderName: (name: string) => void new Headers([[name, ""]]),
  validateHeaderValue: (name: string, value: string) => void new Headers([[name, value]]),
};
