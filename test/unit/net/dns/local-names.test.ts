import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Resolution } from "../../../../src/model/resolution.ts";
import { parseHosts } from "../../../../src/net/dns/hosts-file.ts";
import type { LookupAll } from "../../../../src/net/dns/system-lookup.ts";
import { parseServer } from "../../../../src/net/dns/system-servers.ts";
import { createNamePort } from "../../../../src/net/name-port.ts";
import { realClock } from "../../../support/hostile-servers.ts";

const NEVER = new AbortController().signal;
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "names-"));
});
afterAll(() => rm(directory, { recursive: true }));

const HOSTS = [
  "# comment api.example",
  "127.0.0.1 localhost",
  "10.0.0.1\tAPI.example other # api2.example",
  "  10.0.0.2   other api.EXAMPLE.\r",
  "10.0.0.1 api.example",
  "2001:db8::1 api.example",
  "999.0.0.1 api.example",
  "api.example 10.0.0.9",
  "10.0.0.3",
].join("\n");

describe("the hosts file", () => {
  test("gives the addresses of a name in order, by any alias and in any case, each once", () => {
    expect(parseHosts(HOSTS, "Api.Example.")).toEqual(["10.0.0.1", "10.0.0.2", "2001:db8::1"]);
    expect(parseHosts(HOSTS, "api2.example")).toEqual([]);
    expect(parseHosts(HOSTS, "")).toEqual([]);
  });

  test("is one row for each family that has entries, asked of nobody", async () => {
    const hostsFile = join(directory, "hosts");
    await writeFile(hostsFile, HOSTS);
    const names = createNamePort(realClock, { hostsFile });
    const row = { resolver: { kind: "hosts-file" }, durationMs: 0, transport: "none" };
    expect(await names.hostsFile("api.example")).toMatchObject([
      { ...row, type: "A", answer: { records: [{ ip: "10.0.0.1", ttlSeconds: 0 }, {}] } },
      { ...row, type: "AAAA", answer: { records: [{ ip: "2001:db8::1" }] } },
    ]);
    expect(await names.hostsFile("localhost")).toHaveLength(1);
    expect(await names.hostsFile("unknown.example")).toEqual([]);
  });

  test("that is missing or is a directory has no entries", async () => {
    for (const hostsFile of [join(directory, "absent"), directory])
      expect(await createNamePort(realClock, { hostsFile }).hostsFile("api.example")).toEqual([]);
  });

  test("is read up to its first MiB", async () => {
    const hostsFile = join(directory, "large");
    const filler = `${"#".repeat(1023)}\n`.repeat(1024);
    await writeFile(hostsFile, `10.0.0.1 first\n${filler}10.0.0.2 last\n`);
    const names = createNamePort(realClock, { hostsFile });
    expect(await names.hostsFile("first")).toHaveLength(1);
    expect(await names.hostsFile("last")).toEqual([]);
  });
});

describe("the machine's DNS servers", () => {
  test.for([
    ["10.0.0.2", { ip: "10.0.0.2", port: 53 }],
    ["10.0.0.2:5353", { ip: "10.0.0.2", port: 5353 }],
    ["fd00:ec2::253", { ip: "fd00:ec2::253", port: 53 }],
    ["[fd00:ec2::253]:5353", { ip: "fd00:ec2::253", port: 5353 }],
    ["fe80::1%eth0", undefined],
    ["[fe80::1%eth0]:53", undefined],
    ["10.0.0.2:0", undefined],
    ["10.0.0.2:65536", undefined],
    ["resolver.example", undefined],
    ["", undefined],
  ] as const)("are read from %j", ([text, server]) => {
    expect(parseServer(text)).toEqual(server);
  });

  test("are told without asking any", async () => {
    for (const server of await createNamePort(realClock).systemServers())
      expect(server).toEqual({ ip: expect.any(String), port: expect.any(Number) });
  });
});

function look(lookup: LookupAll, timeoutMs = 1_000): Promise<readonly Resolution[]> {
  return createNamePort(realClock, { lookup }).systemLookup("api.example", timeoutMs, NEVER);
}

function failing(code: string): LookupAll {
  return () => Promise.reject(Object.assign(new Error("getaddrinfo"), { code }));
}

const hanging: LookupAll = () => new Promise(() => undefined);

describe("the system's lookup", () => {
  test("is one row for each family, with nodata for the one without addresses", async () => {
    expect(await look(() => Promise.resolve([{ address: "10.0.0.1", family: 4 }]))).toMatchObject([
      {
        resolver: { kind: "system-lookup" },
        type: "A",
        transport: "none",
        answer: { kind: "records", records: [{ type: "A", ip: "10.0.0.1", ttlSeconds: 0 }] },
      },
      { type: "AAAA", answer: { kind: "nodata" } },
    ]);
  });

  test("through getaddrinfo itself, for a name that needs no server", async () => {
    const [v4] = await createNamePort(realClock).systemLookup("localhost", 1_000, NEVER);
    expect(v4?.answer).toMatchObject({ kind: "records", records: [{ ip: "127.0.0.1" }] });
  });

  test.for([
    ["ENOTFOUND", "dns-nxdomain"],
    ["EAI_AGAIN", "dns-servfail"],
    ["EAI_FAIL", "dns-answer-invalid"],
  ] as const)("fails on both rows for %s as %s", async ([code, failure]) => {
    const rows = await look(failing(code));
    for (const row of rows)
      expect(row.answer).toMatchObject({ failure: { code: failure, cause: code } });
    expect(rows).toHaveLength(2);
  });

  test("that hangs is left behind at the deadline, or as soon as the caller stops", async () => {
    for (const row of await look(hanging, 40))
      expect(row.answer).toMatchObject({ failure: { code: "dns-timeout" } });
    const names = createNamePort(realClock, { lookup: hanging });
    for (const row of await names.systemLookup("api.example", 1_000, AbortSignal.abort()))
      expect(row.answer).toMatchObject({ failure: { code: "interrupted" } });
  });
});
