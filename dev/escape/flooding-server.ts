/**
 * A program: a WebSocket server and a TCP server that send as fast as they are read, up to a bound that no machine
 * minds. A process of its own, so that what it holds is not counted as the host's. Prints its two ports as JSON.
 */
import { listenForSockets, listenForTcp } from "#host/broker/socket.fixture.ts";

const PIECE = Buffer.alloc(64 * 1024);
const MOST_PIECES = 3_000;

function flood(send: (piece: Buffer, sent: () => void) => void): void {
  let left = MOST_PIECES;
  const more = () => {
    if (left-- > 0) send(PIECE, more);
  };
  more();
}

const web = await listenForSockets((socket) =>
  flood((piece, sent) => socket.send(piece, (error) => error ?? sent())),
);
const tcp = await listenForTcp((socket) =>
  flood((piece, sent) => void socket.write(piece, (error) => error ?? sent())),
);
console.log(JSON.stringify({ web: web.port, tcp: tcp.port }));
