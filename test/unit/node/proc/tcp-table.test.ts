import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endpointHex, hexEndpoint, parseTcpTable } from "../../../../src/node/proc/tcp-table.ts";

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

/** A kubelet of the field notes: 10.0.105.163:46370 to 43.200.53.253:443. */
const KUBELET =
  "   0: A369000A:B522 FD35C82B:01BB 01 00000000:00000000 02:00000A1B 00000000     0        0 20221 2 0000000000000000 20 4 30 10 -1\n";

/** An address that is gone: data unacknowledged, sent again seven times. */
const STUCK =
  "   1: A369000A:88D2 2914000A:01BB 01 00000153:00000000 01:00001F40 00000007  1000        0 21123 3 0000000000000000 20 4 30 10 -1\n";

describe("the table of TCP sockets", () => {
  it("is read as the kernel writes it, addresses in the byte order of the machine", () => {
    expect(parseTcpTable(HEADER + KUBELET)).toEqual([
      {
        family: 4,
        local: { ip: "10.0.105.163", port: 46370 },
        remote: { ip: "43.200.53.253", port: 443 },
        state: "established",
        sendQueueBytes: 0,
        receiveQueueBytes: 0,
        timer: "keepalive",
        retransmits: 0,
        uid: 0,
        inode: 20221,
      },
    ]);
  });

  it("shows data that nobody acknowledges, and how often it was sent again", () => {
    expect(parseTcpTable(HEADER + STUCK)).toMatchObject([
      {
        remote: { ip: "10.0.20.41", port: 443 },
        sendQueueBytes: 339,
        timer: "retransmit",
        retransmits: 7,
      },
    ]);
  });

  it("takes an IPv4 address out of its IPv6 form, as a dual-stack listener shows it", () => {
    const line =
      "   0: 0000000000000000FFFF0000A369000A:280A 0000000000000000FFFF00002914000A:A642 01 00000000:00000000 00:00000000 00000000     0        0 30000 1 0\n";
    expect(parseTcpTable(line)).toMatchObject([
      {
        family: 6,
        local: { ip: "10.0.105.163", port: 10250 },
        remote: { ip: "10.0.20.41", port: 42562 },
      },
    ]);
  });

  it("builds only what is asked for", () => {
    const table = HEADER + KUBELET + STUCK;
    const remotes = (local: number, remote: number): readonly string[] =>
      parseTcpTable(table, { local: [local], remote: [remote] }).map((one) => one.remote.ip);
    expect(remotes(10_250, 443)).toEqual(["43.200.53.253", "10.0.20.41"]);
    expect(remotes(35_026, 6_443)).toEqual(["10.0.20.41"]);
    // The other way round: 443 here, and the local port there.
    expect(remotes(443, 35_026)).toEqual([]);
  });

  it("finds a real connection of this process in the kernel's own table", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const client = connect(port, "127.0.0.1");
    await new Promise((resolve) => client.once("connect", resolve));
    try {
      const sockets = parseTcpTable(readFileSync("/proc/net/tcp", "latin1"));
      expect(
        sockets.find(
          ({ local, remote }) => local.port === client.localPort && remote.port === port,
        ),
      ).toMatchObject({ state: "established", local: { ip: "127.0.0.1" }, family: 4 });
      expect(sockets).toContainEqual(
        expect.objectContaining({ local: { ip: "127.0.0.1", port }, state: "listen" }),
      );
    } finally {
      client.destroy();
      server.close();
    }
  });

  it("reads back every endpoint that it writes", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 65_535 }), (ip, port) => {
        expect(hexEndpoint(endpointHex({ ip, port }))).toEqual({ ip, port });
      }),
    );
  });

  it("is not held up by megabytes of one line", () => {
    for (const long of [" ", "0", "0: ", "A", "0: A369000A:B522 "]) {
      expect(parseTcpTable(long.repeat(3_000_000))).toEqual([]);
    }
  });

  it("never throws, and gives nothing of what is no table", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTcpTable(text)).toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.nat(KUBELET.length), fc.string({ maxLength: 3 }), (at, noise) => {
        parseTcpTable(KUBELET.slice(0, at) + noise + KUBELET.slice(at));
      }),
    );
  });
});
