import { createServer, type Server, type Socket } from "node:net";

export interface TcpOptions {
  /** Closes a connection on which nothing moved for so long. */
  readonly idleMs: number;
  /** Called per message; the reply may be sent at any later time, and in any order. */
  onMessage(message: Buffer, reply: (bytes: Buffer) => void): void;
}

/** More than any test or run needs at once; the rest is turned away. */
const MAX_CONNECTIONS = 256;
/** Bytes of answers a client may leave unread before it is cut off. */
const MAX_UNREAD_BYTES = 1_048_576;

/** DNS over TCP (RFC 7766): two bytes of length, any number of messages a connection, pipelined. */
export function createTcpSide(options: TcpOptions): Server {
  // Half open, because a client may close its side while answers are still to come.
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, options));
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

function serve(socket: Socket, options: TcpOptions): void {
  let unread: Buffer = Buffer.alloc(0);
  let owed = 0;
  let peerDone = false;
  socket.setTimeout(options.idleMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    unread = Buffer.concat([unread, chunk]);
    unread = takeMessages(unread, (message) => {
      owed += 1;
      options.onMessage(message, (bytes) => {
        owed -= 1;
        send(socket, bytes);
        if (peerDone && owed === 0) socket.end();
      });
    });
  });
  // Messages that never get an answer stay owed: then the idle time ends the connection.
  socket.on("end", () => {
    peerDone = true;
    if (owed === 0) socket.end();
  });
}

/** Hands over every whole message and returns the rest, at most one message long. */
function takeMessages(buffer: Buffer, onMessage: (message: Buffer) => void): Buffer {
  let rest = buffer;
  while (rest.length >= 2) {
    const end = 2 + rest.readUInt16BE(0);
    if (rest.length < end) break;
    onMessage(rest.subarray(2, end));
    rest = rest.subarray(end);
  }
  return rest;
}

function send(socket: Socket, bytes: Buffer): void {
  if (!socket.writable) return;
  if (socket.writableLength > MAX_UNREAD_BYTES) {
    socket.destroy();
    return;
  }
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  socket.write(Buffer.concat([length, bytes]));
}
