import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge } from "../../src/checks/verdict.ts";
import { readOptions } from "../../src/cli/options/read.ts";
import { ENDPOINTS_OPTIONS } from "../../src/cli/options/tables/endpoints.ts";
import { LAB_OPTIONS } from "../../src/cli/options/tables/lab.ts";
import { TOKEN_OPTIONS } from "../../src/cli/options/tables/token.ts";
import { buildMap } from "../../src/map/build.ts";
import { isIdentified, signalsOf } from "../../src/map/identity.ts";
import { groupServers } from "../../src/map/servers.ts";
import { percentiles } from "../../src/map/times.ts";
import { known, unknown } from "../../src/model/fact.ts";
import type { FindingStatus } from "../../src/model/finding.ts";
import { canonicalIp } from "../../src/model/ip.ts";
import type { Observation } from "../../src/model/observation.ts";
import { interrupted } from "../../src/model/ports.ts";
import type { ConnectToRule } from "../../src/model/request.ts";
import { settle, untilAborted } from "../../src/probe/abort.ts";
import { collectAddresses } from "../../src/probe/addresses.ts";
import { toAscii } from "../../src/report/ascii.ts";
import { renderText } from "../../src/report/text/report.ts";
import { plainTheme } from "../../src/report/theme.ts";
import { applyConnectTo, parseConnectTo, parseResolver } from "../../src/target/host-port.ts";
import {
  parseClusterName,
  parseExternalId,
  parseRegion,
  parseRoleArn,
} from "../../src/target/names.ts";
import { parseDuration, parsePort, parseSamples, parseShare } from "../../src/target/numbers.ts";
import { parsePaths } from "../../src/target/paths.ts";
import { makeRequest } from "../../src/target/request.ts";
import { deferred, fakeClock } from "../support/fake-deps.ts";
import {
  answered,
  failedAt,
  makeEni,
  makeLeaf,
  makeSnapshot,
  named,
  PUB_HOST,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  type Server,
  seen,
  TCP_TIMEOUT,
} from "../support/snapshots.ts";

const ip = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map(canonicalIp)
  .filter((text) => text !== undefined);
const port = fc.integer({ min: 1, max: 65_535 });
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(...Array.from("[]:.,-019afms sytem/")) }),
);

describe("parsers of what users write", () => {
  const parsers = {
    parseResolver,
    parseConnectTo,
    parseClusterName,
    parseRegion,
    parseRoleArn,
    parseExternalId,
    parseDuration,
    parsePort,
    parseSamples,
    parseShare,
    parsePaths,
  };

  test.each(Object.entries(parsers))(
    "%s never throws, and a refusal is one printable line",
    (_name, parse) => {
      fc.assert(
        fc.property(text, (input) => {
          const parsed = parse(input);
          expect(parsed.kind === "bad" ? parsed.problem : "fine").toMatch(
            /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u,
          );
        }),
      );
    },
  );

  test("a resolver is read back from how it is written", () => {
    fc.assert(
      fc.property(ip, port, (address, at) => {
        const asUsersDo = address.includes(":") ? `[${address}]:${at}` : `${address}:${at}`;
        expect(parseResolver(asUsersDo)).toEqual({
          kind: "ok",
          value: { kind: "server", ip: address, port: at },
        });
        expect(parseResolver(address)).toEqual({
          kind: "ok",
          value: { kind: "server", ip: address, port: 53 },
        });
      }),
    );
  });

  test("a --connect-to rule is read back from how curl writes it", () => {
    fc.assert(
      fc.property(rule, (one) => {
        expect(parseConnectTo(written(one))).toEqual({ kind: "ok", value: one });
      }),
    );
  });
});

const host = fc.oneof(
  ip,
  fc.domain().map((name) => name.toLowerCase()),
);
const part = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const rule: fc.Arbitrary<ConnectToRule> = fc.record({
  fromHost: part(host),
  fromPort: part(port),
  toHost: part(host),
  toPort: part(port),
});

function bracket(name: string | undefined): string {
  return name?.includes(":") ? `[${name}]` : (name ?? "");
}

function written({ fromHost, fromPort, toHost, toPort }: ConnectToRule): string {
  return `${bracket(fromHost)}:${fromPort ?? ""}:${bracket(toHost)}:${toPort ?? ""}`;
}

/** What curl(1) says of --connect-to, word by word, for a request to one host. */
function asCurlSays(
  rules: readonly ConnectToRule[],
  called: readonly string[],
  address: string,
  at: number,
): string {
  for (const one of rules) {
    if (one.fromHost !== undefined && !called.includes(one.fromHost)) continue;
    if (one.fromPort !== undefined && one.fromPort !== at) continue;
    return `${one.toHost ?? address} ${one.toPort ?? at}`;
  }
  return `${address} ${at}`;
}

test("applyConnectTo does as curl does, with few names, so that rules match", () => {
  const few = fc.constantFrom("a.example", "192.0.2.1", "b.example");
  const fewPorts = fc.constantFrom(443, 8_443);
  const fewRules = fc.array(
    fc.record({
      fromHost: part(few),
      fromPort: part(fewPorts),
      toHost: part(host),
      toPort: part(port),
    }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(fewRules, fewPorts, (rules, at) => {
      const called = ["192.0.2.1", "a.example"];
      const { host: to, port: toPort } = applyConnectTo(rules, called, "192.0.2.1", at);
      expect(`${to} ${toPort}`).toBe(asCurlSays(rules, called, "192.0.2.1", at));
    }),
  );
});

test("collectAddresses does not depend on the order in which answers come", () => {
  const few = fc.constantFrom(
    "43.200.53.253",
    "10.0.20.41",
    "10.0.95.229",
    "2600:1f16::1",
    "192.168.1.1",
  );
  const resolver = fc.constantFrom(
    { kind: "server", ip: "10.0.0.2", port: 53, system: true } as const,
    { kind: "server", ip: "1.1.1.1", port: 53, system: false } as const,
    { kind: "system-lookup" } as const,
    { kind: "hosts-file" } as const,
  );
  const answer = fc
    .tuple(fc.uniqueArray(few), resolver)
    .map(([ips, who]) => named(ips, { resolver: who }));
  const enis = fc.constantFrom(
    known([makeEni("10.0.20.41", { otherIps: ["2600:1f16::1"] }), makeEni("10.0.95.229")]),
    unknown(interrupted("describe-enis")),
  );
  const shuffled = fc
    .array(answer)
    .chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
  fc.assert(
    fc.property(shuffled, enis, ([all, other], owned) => {
      const request = makeRequest("demo");
      expect(collectAddresses(other, owned, 443, request)).toEqual(
        collectAddresses(all, owned, 443, request),
      );
    }),
  );
});

const SERVERS: readonly Server[] = [
  PUB_ONE,
  PUB_TWO,
  { ...PUB_ONE, host: "ip-172-16-0-3.ap-northeast-2.compute.internal", byte: "E5" },
];
const IPS = ["43.200.53.253", "52.79.39.107", "10.0.20.41", "10.0.95.229"] as const;

function observe(address: string, of: Server, sample: number, how: string): Observation {
  switch (how) {
    case "whole":
      return seen(address, of, { sample });
    case "shared": {
      const whole = seen(address, of, { sample });
      return { ...whole, tls: whole.tls && { ...whole.tls, leaf: makeLeaf(PUB_ONE, PUB_HOST) } };
    }
    case "refused":
      return answered(address, of, 401, { sample });
    case "closed":
      return failedAt(
        address,
        { ...TCP_TIMEOUT, code: "tcp-refused", message: "refused" },
        { sample },
      );
    case "stopped":
      return failedAt(address, interrupted("tcp"), { sample });
    default:
      return failedAt(address, undefined, { sample });
  }
}

const observations = fc
  .array(
    fc.tuple(
      fc.constantFrom(...IPS),
      fc.constantFrom(...SERVERS),
      fc.constantFrom("whole", "shared", "refused", "stopped", "dead", "closed"),
    ),
    { maxLength: 16 },
  )
  .map((list) => list.map(([address, of, how], index) => observe(address, of, index + 1, how)));

function snapshotOf(list: readonly Observation[]) {
  return makeSnapshot({
    resolutions: [named(["43.200.53.253", "52.79.39.107"])],
    observations: list,
  });
}

/** Which samples belong together, whatever the letters. */
const groups = (list: readonly Observation[]) =>
  groupServers(list, PUB_HOST)
    .map(({ observations: own }) =>
      own
        .map(({ sample }) => sample)
        .toSorted((a, b) => a - b)
        .join(" "),
    )
    .toSorted((a, b) => (a < b ? -1 : 1));

describe("the map", () => {
  test("does not depend on the order of observations", () => {
    const shuffled = observations.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(buildMap(snapshotOf(other))).toEqual(buildMap(snapshotOf(all)));
      }),
    );
  });

  test("groups differ by no more than their letters when observations come in another order", () => {
    const shuffled = observations.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(groups(other)).toEqual(groups(all));
      }),
    );
  });

  test("an observation that names its server is in one group; one with a certificate in at most one", () => {
    fc.assert(
      fc.property(observations, (list) => {
        const sightings = groupServers(list, PUB_HOST);
        for (const observation of list) {
          const signals = signalsOf(observation, PUB_HOST);
          const homes = sightings.filter(({ observations: own }) =>
            own.includes(observation),
          ).length;
          const claims = sightings.filter(
            ({ server, observations: own }) =>
              server.serverAddress !== undefined &&
              own.some((other) => signalsOf(other, PUB_HOST).fingerprint === signals.fingerprint),
          ).length;
          const isShared = signals.serverAddress === undefined && claims > 1;
          expect(homes).toBe(isIdentified(signals) && !isShared ? 1 : 0);
        }
      }),
    );
  });

  test("counts no more than was made, and each address in the order of the report", () => {
    fc.assert(
      fc.property(observations, (list) => {
        const snapshot = snapshotOf(list);
        const { paths } = buildMap(snapshot);
        for (const { address, seen: met, of } of paths) {
          expect(met).toBeLessThanOrEqual(of);
          expect(of).toBe(list.filter((one) => one.address === address).length);
        }
        expect([...new Set(paths.map(({ address }) => address))]).toEqual(
          snapshot.addresses.map(({ id }) => id),
        );
        for (const { id } of snapshot.addresses) {
          const own = paths.filter(({ address }) => address === id);
          expect(own.reduce((sum, path) => sum + path.seen, 0)).toBeLessThanOrEqual(
            own[0]?.of ?? 0,
          );
        }
      }),
    );
  });
});

describe("percentiles", () => {
  test("rise, and are members of what was measured", () => {
    const times = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(times, (values) => {
        const found = percentiles(values);
        const { count, p50Ms = -1, p90Ms = -1, p99Ms = -1, maxMs = -1 } = { ...found };
        expect(count).toBe(values.length);
        expect(p50Ms <= p90Ms && p90Ms <= p99Ms && p99Ms <= maxMs).toBe(true);
        for (const time of [p50Ms, p90Ms, p99Ms, maxMs]) expect(values).toContain(time);
        expect(maxMs).toBe(Math.max(...values));
        // No more than half are faster than the median, and no more than half are slower.
        expect(values.filter((value) => value < p50Ms).length).toBeLessThanOrEqual(
          values.length / 2,
        );
        expect(values.filter((value) => value > p50Ms).length).toBeLessThanOrEqual(
          values.length / 2,
        );
      }),
    );
  });
});

describe("the text report", () => {
  const vips = fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 30 });
  const options = { wide: false, quiet: false };

  test("of a healthy run has no line longer than the terminal, but for one word that cannot be broken", () => {
    fc.assert(
      fc.property(
        vips,
        fc.integer({ min: 60, max: 100 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 30 }),
        (ips, width, verbose, samples) => {
          const list = ips.flatMap((address, index) =>
            Array.from({ length: samples }, (_, n) =>
              seen(address, SERVERS[index % 2] ?? PUB_ONE, { sample: n + 1 }),
            ),
          );
          const enis = ["10.0.20.41", "10.0.95.229"].map((address) => seen(address, PUB_ONE));
          const snapshot = makeSnapshot({
            resolutions: [named(ips)],
            observations: [...list, ...enis],
          });
          const report = renderText(reportOf(snapshot), { ...options, verbose }, plainTheme(width));
          const long = report
            .split("\n")
            .filter((line) => line.length > width && line.trim().includes(" "));
          expect(long).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("in ASCII has nothing but ASCII, whatever is in it", () => {
    fc.assert(
      fc.property(observations, fc.boolean(), (list, wide) => {
        const report = renderText(
          reportOf(snapshotOf(list)),
          { wide, verbose: true, quiet: false },
          plainTheme(100, false),
        );
        expect(report).toMatch(/^\p{ASCII}*$/u);
      }),
      { numRuns: 40 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (any) => {
        expect(toAscii(any)).toMatch(/^\p{ASCII}*$/u);
      }),
    );
  });
});

test("readOptions never throws, whatever commander and the environment hold", () => {
  const specs = fc.constantFrom(ENDPOINTS_OPTIONS, TOKEN_OPTIONS, LAB_OPTIONS);
  const keys = [...ENDPOINTS_OPTIONS, ...TOKEN_OPTIONS, ...LAB_OPTIONS];
  const flags = fc.dictionary(
    fc.constantFrom("color", ...keys.map(({ key }) => key)),
    fc.oneof(fc.boolean(), fc.string(), fc.array(fc.string()), fc.constant(undefined)),
  );
  const environment = fc.dictionary(
    fc.constantFrom(...keys.map(({ env }) => env)),
    fc.oneof(fc.constantFrom("1", "0", "true", ""), fc.string()),
  );
  fc.assert(
    fc.property(specs, flags, environment, (table, given, twins) => {
      const parsed = readOptions(table, given, twins);
      expect(["ok", "bad"]).toContain(parsed.kind);
    }),
  );
});

test("the exit code is 0, 1, 3 or 130: 1 whenever a finding failed, 130 whenever the run was stopped, 3 whenever no path was tried, and an optional unknown counts for nothing", () => {
  const statuses = fc.array(
    fc.record({
      status: fc.constantFrom<FindingStatus>("ok", "warn", "fail", "skip", "unknown"),
      optional: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(statuses, fc.boolean(), fc.boolean(), (list, stopped, tried) => {
      const snapshot = (tried ? pubSnapshot : makeSnapshot)({ interrupted: stopped });
      const findings = list.map(({ status, optional }) => ({
        code: "C01" as const,
        topic: "t",
        status,
        optional,
        summary: "",
        details: [],
        side: undefined,
        next: undefined,
        addresses: [],
        title: "",
        causedBy: [],
        blockedBy: [],
        ignored: undefined,
      }));
      const { exitCode } = judge({ snapshot, map: buildMap(snapshot) }, findings);
      const untold = list.some(({ status, optional }) => status === "unknown" && !optional);
      const judged = list.some(({ status }) => status === "fail") ? 1 : untold || !tried ? 3 : 0;
      expect(exitCode).toBe(stopped ? 130 : judged);
    }),
  );
});

test("untilAborted and settle leave no listener behind, however work and stop race", async () => {
  const step = fc.constantFrom("work", "stop", "grace");
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(step, { minLength: 3, maxLength: 3 }), async (steps) => {
      const [stop, work, clock] = [new AbortController(), deferred<void>(), fakeClock()];
      const done = [
        untilAborted(work.promise, stop.signal, () => undefined),
        settle(work.promise, stop.signal, clock),
      ];
      for (const one of steps) {
        if (one === "work") work.resolve();
        if (one === "stop") stop.abort();
        if (one === "grace") clock.advance(250);
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      }
      await Promise.all(done);
      expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
    }),
  );
});
