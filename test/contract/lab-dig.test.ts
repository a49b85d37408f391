import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zoneOf } from "../../src/lab/dns/records.ts";
import { type RunningDns, startDnsServer } from "../../src/lab/dns/server.ts";
import type { DnsFault } from "../../src/lab/scenario.ts";
import { ENDPOINT_HOST, makeCluster } from "../support/lab-scenario.ts";
import { findProgram, skipReason } from "../support/real-clients.ts";

const run = promisify(execFile);
const dig = findProgram("dig");
if (dig === undefined) process.stderr.write(`${skipReason("dig")}\n`);

const ips = Array.from({ length: 90 }, (_, index) => `10.0.20.${index}`);
const clusters = [
  makeCluster(),
  makeCluster({
    name: "large",
    endpointHost: "LARGE.yl4.ap-northeast-2.eks.amazonaws.com",
    dns: { a: ips, aaaa: [], ttlSeconds: 60 },
  }),
];
let server: RunningDns;
let fault: DnsFault | undefined;

beforeAll(async () => {
  server = await startDnsServer({ zone: () => zoneOf(clusters), fault: () => fault, latencyMs: 0 });
});

afterAll(() => server.close());

async function ask(...args: string[]): Promise<string> {
  const flags = [
    "-p",
    String(server.port),
    "+tries=1",
    "+time=2",
    "+noall",
    "+comments",
    "+answer",
  ];
  // dig exits 9 when no answer came; what it printed is wanted all the same.
  const { stdout } = await run(dig ?? "", ["@127.0.0.1", ...flags, ...args], {
    env: { HOME: "/nonexistent" },
  });
  return stdout;
}

describe.skipIf(dig === undefined)("dig", () => {
  it("sees what it saw of dnsmasq: the flags, the TTL, the OPT record, two addresses", async () => {
    const seen = await ask(ENDPOINT_HOST, "A");
    expect(seen).toContain("status: NOERROR");
    expect(seen).toContain("flags: qr aa rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1");
    expect(seen).toContain("; EDNS: version: 0, flags:; udp: 1232");
    expect(seen).toMatch(
      new RegExp(`^${ENDPOINT_HOST}\\.\\s+60\\s+IN\\s+A\\s+43\\.200\\.53\\.253$`, "m"),
    );
  });

  it("sees an empty answer for AAAA, and NXDOMAIN with an SOA for a wrong name", async () => {
    const [empty, absent] = await Promise.all([
      ask(ENDPOINT_HOST, "AAAA"),
      ask(`X${ENDPOINT_HOST}`, "A"),
    ]);
    expect(empty).toContain("status: NOERROR");
    expect(empty).toContain("flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0");
    expect(absent).toContain("status: NXDOMAIN");
    expect(absent).toContain("AUTHORITY: 1");
  });

  it("finds nothing malformed in any answer, and goes over to TCP for a large one", async () => {
    const large = "large.yl4.ap-northeast-2.eks.amazonaws.com";
    const [plain, tcp] = await Promise.all([ask(large, "A"), ask("+tcp", large, "A")]);
    expect(plain).toContain("Truncated, retrying in TCP mode");
    for (const seen of [plain, tcp]) {
      expect(seen.match(/\sIN\s+A\s/g)).toHaveLength(90);
      expect(seen).not.toMatch(/malformed|Warning|parse error/i);
    }
  });

  it("is refused by a server that refuses, and answered by none when the id is wrong", async () => {
    fault = "refused";
    expect(await ask(ENDPOINT_HOST)).toContain("status: REFUSED");
    fault = "wrong-id";
    const refusal = await ask("+time=1", ENDPOINT_HOST).catch(
      (error: { code?: number }) => error.code,
    );
    expect(refusal).toBe(9);
    fault = undefined;
  });
});
