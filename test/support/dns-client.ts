import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import dnsPacket, { type DecodedPacket, type Packet } from "dns-packet";

/** Sends the bytes and gives the first answer, or undefined after `timeoutMs` of silence. */
export async function exchangeUdp(
  port: number,
  message: Buffer,
  timeoutMs = 2000,
): Promise<Buffer | undefined> {
  const socket = createSocket("udp4");
  try {
    socket.send(message, port, "127.0.0.1");
    const [reply]: unknown[] = await once(socket, "message", {
      signal: AbortSignal.timeout(timeoutMs),
    });
    return Buffer.isBuffer(reply) ? reply : undefined;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** Sends the chunks over one connection and gives the first `count` messages that come back. */
export async function exchangeTcp(
  port: number,
  chunks: readonly Buffer[],
  count: number,
): Promise<readonly Buffer[]> {
  const socket = connect(port, "127.0.0.1");
  try {
    for (const chunk of chunks) {
      socket.write(chunk);
      // One packet each, so that the server sees the cut where the test made it.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await readMessages(socket, count);
  } finally {
    socket.destroy();
  }
}

export async function readMessages(socket: Socket, count: number): Promise<readonly Buffer[]> {
  let unread: Buffer = Buffer.alloc(0);
  const messages: Buffer[] = [];
  while (messages.length < count) {
    const [chunk]: unknown[] = await once(socket, "data");
    if (Buffer.isBuffer(chunk)) unread = Buffer.concat([unread, chunk]);
    while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE(0)) {
      const end = 2 + unread.readUInt16BE(0);
      messages.push(unread.subarray(2, end));
      unread = unread.subarray(end);
    }
  }
  return messages;
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

export function question(name: string, change: Packet = {}): Buffer {
  return dnsPacket.encode({
    type: "query",
    id: 4711,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ type: "A", name }],
    ...change,
  });
}

export function decode(reply: Buffer | undefined): DecodedPacket {
  if (reply === undefined) throw new Error("no answer");
  return dnsPacket.decode(reply);
}

/** NOERROR 0, FORMERR 1, SERVFAIL 2, NXDOMAIN 3, NOTIMP 4, REFUSED 5. */
export function rcodeOf(reply: Buffer | undefined): number {
  return (reply?.readUInt16BE(2) ?? Number.NaN) & 0xf;
}
