import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareRuns } from "../../src/history/compare.ts";
import { readSavedRun, type SavedRun } from "../../src/history/saved-run.ts";
import type { DriftChange } from "../../src/model/drift.ts";

/** Few values each, so that two runs often have things in common. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const ip = fc.constantFrom("10.0.0.1", "10.0.0.2", "fd00::1");
const address = ip.map((one) => `${one}:443`);
const server = fc.constantFrom("A", "B", "C");
const word = fc.constantFrom("a", "b", "c");
const fingerprint = fc.constantFrom("A1:A1", "B2:B2", "C3:C3");

const run: fc.Arbitrary<SavedRun> = fc.record({
  schemaVersion: fc.constant(1 as const),
  startedAt: fc.constantFrom("2023-04-21T15:41:31.000Z", "2024-04-21T15:41:31.000Z"),
  cluster: fc.record({
    name: fc.constantFrom("gonz-eks-pub", "gonz-eks-pri"),
    arn: maybe(word),
    status: maybe(word),
    version: maybe(word),
    platformVersion: maybe(word),
    endpoint: maybe(fc.record({ host: word })),
    certificateAuthority: maybe(word),
    publicAccessCidrs: maybe(fc.array(word, { maxLength: 3 })),
    mode: fc.constantFrom("public", "private", "unknown"),
  }),
  enis: fc.record({
    items: fc.array(
      fc.record({
        id: word,
        privateIp: ip,
        subnetId: maybe(word),
        availabilityZone: maybe(word),
        securityGroupIds: maybe(fc.array(word, { maxLength: 3 })),
        status: maybe(word),
      }),
      { maxLength: 3 },
    ),
    reason: maybe(word),
    problem: maybe(fc.record({ message: word })),
  }),
  resolutions: fc.array(
    fc.record({
      resolver: fc.record({
        kind: fc.constantFrom("server", "system-lookup", "hosts-file", "new-kind"),
        ip: maybe(ip),
      }),
      outcome: fc.constantFrom("records", "nodata", "failed"),
      records: fc.array(fc.record({ ip }), { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  apiServers: fc.array(
    fc.record({
      id: server,
      host: maybe(word),
      certificates: fc.array(fc.record({ sha256: fingerprint }), { maxLength: 2 }),
      reachedBy: fc.array(address, { maxLength: 2 }),
      inspected: maybe(fc.record({ version: maybe(word) })),
    }),
    { maxLength: 3 },
  ),
  paths: fc.array(fc.record({ address, apiServer: maybe(server) }), { maxLength: 4 }),
  findings: fc.array(
    fc.record({
      code: fc.constantFrom("C01", "N01", "T02"),
      topic: fc.constant("topic"),
      status: fc.constantFrom("ok", "warn", "fail", "skip", "unknown", "later"),
      causedBy: fc.constantFrom([], ["C01"]),
      blockedBy: fc.constantFrom([], ["C01"]),
    }),
    { maxLength: 4 },
  ),
});

/** The change seen from the other run. */
function mirrored({ kind, what, before, after }: DriftChange): DriftChange {
  const other = { added: "removed", removed: "added", changed: "changed" } as const;
  return { kind: other[kind], what, before: after, after: before };
}

function sorted(changes: readonly DriftChange[]): readonly string[] {
  return changes.map((change) => JSON.stringify(Object.entries(change))).toSorted();
}

describe("compareRuns, whatever the runs", () => {
  test("a run has not changed since itself, in whatever order things come", () => {
    fc.assert(
      fc.property(run, (a) => {
        expect(compareRuns(a, a).changes).toEqual([]);
        expect(compareRuns(a, structuredClone(a)).changes).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("forth and back are mirror images: added is removed, before is after", () => {
    fc.assert(
      fc.property(run, run, (a, b) => {
        const [forth, back] = [compareRuns(a, b), compareRuns(b, a)];
        expect(sorted(back.changes)).toEqual(sorted(forth.changes.map(mirrored)));
        expect(back.notComparable).toHaveLength(forth.notComparable.length);
        const named = { before: "in A", after: "in B" };
        expect(compareRuns(a, b, named).changes).toEqual(forth.changes);
        for (const line of compareRuns(a, b, named).notComparable)
          expect(line).toMatch(/ in A| in B$| in both runs$/);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a run that knows nothing shows no change of AWS, DNS or servers, against any other", () => {
    const nothing = readSavedRun(
      JSON.stringify({
        schemaVersion: 1,
        startedAt: "",
        cluster: { name: "gonz-eks-pub" },
        enis: { items: [], problem: { message: "denied" } },
        resolutions: [{ resolver: { kind: "hosts-file" }, outcome: "failed", records: [] }],
        apiServers: [],
        paths: [],
        findings: [],
      }),
    );
    if (nothing.kind === "bad") throw new Error(nothing.problem);
    fc.assert(
      fc.property(run, (a) => {
        for (const { changes } of [compareRuns(nothing.value, a), compareRuns(a, nothing.value)])
          expect(changes.filter(({ what }) => what !== "cluster name")).toEqual([]);
      }),
    );
  });

  test("what is a change is told of two values that are known and not the same", () => {
    fc.assert(
      fc.property(run, run, (a, b) => {
        for (const { kind, before, after } of compareRuns(a, b).changes) {
          const isRight = {
            changed: before !== undefined && after !== undefined,
            added: before === undefined,
            removed: after === undefined,
          };
          expect(isRight[kind]).toBe(true);
        }
      }),
    );
  });
});

describe("readSavedRun", () => {
  test("never throws, and what it took can be compared", () => {
    const content = fc.oneof(
      fc.string(),
      fc.json(),
      run.map((one) => JSON.stringify(one)),
    );
    fc.assert(
      fc.property(content, (any) => {
        const read = readSavedRun(any);
        const changes = read.kind === "ok" ? compareRuns(read.value, read.value).changes : [];
        expect(changes).toEqual([]);
        expect(read.kind === "bad" && read.problem === "").toBe(false);
      }),
    );
  });
});
