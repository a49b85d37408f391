import type { TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { httpsPeer, type Peer, tlsPeer } from "./hostile-servers.ts";
import type { TestLeaf } from "./test-pki.ts";

const TYPE = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;

/** One HTTP/2 frame, RFC 9113 section 4.1. */
function frame(
  type: keyof typeof TYPE,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(TYPE[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const SETTINGS = frame("settings", 0, 0);
const END_HEADERS = 0x04;
/** HPACK: the indexed field `:status: 200`. */
const STATUS_200 = Buffer.of(0x88);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A literal field without indexing whose value is `size` bytes long, RFC 7541 section 6.2.2. */
function literal(name: string, size: number): Buffer {
  const length = Buffer.from([0x7f, ((size - 127) & 0x7f) | 0x80, (size - 127) >> 7]);
  return Buffer.concat([
    Buffer.of(0, name.length),
    Buffer.from(name),
    length,
    Buffer.alloc(size, "y"),
  ]);
}

/** Writes the frame again and again, as fast as the other side takes it, until it goes away. */
function flood(socket: TLSSocket, bytes: Buffer): void {
  const pump = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on("drain", pump);
  pump();
}

/** What each server does once the request is there; the answer to the preface has been sent. */
export const FRAME_ABUSES: Readonly<
  Record<string, { readonly code: RegExp; readonly abuse: (socket: TLSSocket) => void }>
> = {
  "resets the stream": {
    code: /^http-reset$/,
    abuse: (socket) => socket.write(frame("reset", 0, 1, uint32(2))),
  },
  "says goodbye before the answer": {
    code: /^http-(?:reset|protocol)$/,
    abuse: (socket) => socket.write(frame("goaway", 0, 0, Buffer.concat([uint32(0), uint32(11)]))),
  },
  "floods with settings": {
    code: /^http-(?:timeout|reset|protocol)$/,
    abuse: (socket) => flood(socket, Buffer.concat(Array.from({ length: 500 }, () => SETTINGS))),
  },
  "floods with pings": {
    code: /^http-(?:timeout|reset|protocol)$/,
    abuse: (socket) =>
      flood(
        socket,
        Buffer.concat(Array.from({ length: 500 }, () => frame("ping", 0, 0, Buffer.alloc(8)))),
      ),
  },
  "continues its header for ever": {
    code: /^http-(?:header-too-large|reset|protocol|timeout)$/,
    abuse: (socket) => {
      socket.write(frame("headers", 0, 1, STATUS_200));
      flood(socket, frame("continuation", 0, 1, literal("x", 8_000)));
    },
  },
  "sends empty header frames for ever": {
    code: /^http-(?:header-too-large|reset|protocol|timeout)$/,
    abuse: (socket) => {
      socket.write(frame("headers", 0, 1, STATUS_200));
      flood(socket, Buffer.concat(Array.from({ length: 500 }, () => frame("continuation", 0, 1))));
    },
  },
  "sends empty body frames for ever": {
    code: /^(?:body-(?:timeout|reset|too-large)|http-(?:reset|protocol|timeout))$/,
    abuse: (socket) => {
      socket.write(frame("headers", END_HEADERS, 1, STATUS_200));
      flood(socket, Buffer.concat(Array.from({ length: 500 }, () => frame("data", 0, 1))));
    },
  },
  "bombs the compression table": {
    code: /^http-(?:header-too-large|reset|protocol|timeout)$/,
    abuse: (socket) => {
      // One large field put into the table, then named thousands of times in a byte each.
      const entry = Buffer.concat([
        Buffer.of(0x40, 1, 0x78, 0x7f, 0xc1, 0x1e),
        Buffer.alloc(4000, "y"),
      ]);
      const block = Buffer.concat([STATUS_200, entry, Buffer.alloc(12_000, 0xbe)]);
      socket.write(frame("headers", END_HEADERS, 1, block));
    },
  },
  "answers a stream that nobody opened": {
    code: /^http-(?:reset|protocol|timeout)$/,
    abuse: (socket) => socket.write(frame("headers", END_HEADERS, 7, STATUS_200)),
  },
  "claims a frame of 16 MiB": {
    code: /^http-(?:reset|protocol|timeout)$/,
    abuse: (socket) => socket.write(Buffer.from("ffffff000000000001", "hex")),
  },
};

export async function framePeer(leaf: TestLeaf, abuse: (socket: TLSSocket) => void): Promise<Peer> {
  const h2 = { ALPNProtocols: ["h2"] };
  return tlsPeer(
    leaf,
    (socket) => {
      socket.on("error", () => undefined);
      socket.write(SETTINGS);
      let received = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        received = Buffer.concat([received, chunk]);
        // The preface is 24 bytes; with the settings and a request there are more than 100.
        if (received.length < 100) return;
        socket.off("data", onData);
        socket.resume();
        abuse(socket);
      };
      socket.on("data", onData);
    },
    h2,
  );
}

/** 100 MiB of JSON in 100 KiB of gzip; whoever does not inflate it sees no JSON. */
export async function gzipBombPeer(leaf: TestLeaf): Promise<Peer> {
  const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024, " "), { level: 9 });
  return httpsPeer(leaf, (_request, response) => {
    response.setHeader("content-encoding", "gzip");
    response.setHeader("content-type", "application/json");
    response.end(bomb);
  });
}

/** JSON nested as deep as 60 KiB allow. */
export function deepJson(): string {
  return `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
}
