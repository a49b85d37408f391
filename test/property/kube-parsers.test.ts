import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHealth, readHealth } from "../../src/kube/health.ts";
import { mergeLeases, parseIdentityLeases } from "../../src/kube/identity-leases.ts";
import { leaseNamesOf } from "../../src/kube/lease-name.ts";
import { parseSelfSubjectReview } from "../../src/kube/self-subject-review.ts";
import {
  parseEndpointSlices,
  parseEndpoints,
  readServiceEndpoints,
} from "../../src/kube/service-endpoints.ts";
import { parseVersion } from "../../src/kube/version.ts";
import type { Fact } from "../../src/model/fact.ts";
import { answered } from "../support/wire-reply.ts";

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const hostile = fc.string({ unit: "binary", maxLength: 400 });

/** Every text of what was read, keys apart. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** What a terminal must not get to see. */
function unsafeIn(read: unknown): readonly string[] {
  return textsIn(read).filter((text) => UNSAFE.test(text) || text.length > 300);
}

const PARSERS: Readonly<Record<string, (body: string) => Fact<unknown>>> = {
  version: parseVersion,
  leases: parseIdentityLeases,
  slices: (body) => parseEndpointSlices(body, "endpointslices/v1"),
  endpoints: parseEndpoints,
  review: parseSelfSubjectReview,
  livez: (body) => readHealth(answered(500, body), "/livez"),
};

/** Anything, wherever a document has something. */
const any = fc.oneof({ depthSize: "small" }, hostile, fc.jsonValue({ maxDepth: 3 }));
const labels = fc.dictionary(
  fc.constantFrom(
    "k8s.io/component",
    "apiserver.kubernetes.io/identity",
    "kubernetes.io/hostname",
    "kubernetes.io/service-name",
    "__proto__",
    "constructor",
  ),
  fc.oneof(fc.constantFrom("kube-apiserver", "kubernetes"), hostile),
);
const ip = fc.oneof(fc.ipV4(), fc.ipV6(), hostile);
const port = fc.oneof(fc.integer({ min: -1, max: 70_000 }), any);
const ports = fc.array(fc.record({ name: any, port }), { maxLength: 3 });
const documents = fc.record(
  {
    kind: fc.constantFrom("LeaseList", "EndpointSliceList", "Endpoints", "SelfSubjectReview", "x"),
    gitVersion: any,
    platform: any,
    items: fc.array(
      fc.record(
        {
          metadata: fc.record({ name: hostile, labels }),
          spec: fc.record({
            holderIdentity: hostile,
            renewTime: fc.oneof(
              hostile,
              fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
            ),
          }),
          addressType: fc.constantFrom("IPv4", "IPv6", "FQDN"),
          endpoints: fc.array(
            fc.record({ addresses: fc.array(ip, { maxLength: 3 }), conditions: any }),
            { maxLength: 3 },
          ),
          ports,
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    subsets: fc.array(
      fc.record({
        addresses: fc.array(fc.record({ ip }), { maxLength: 3 }),
        notReadyAddresses: any,
        ports,
      }),
      { maxLength: 3 },
    ),
    status: fc.record({
      userInfo: fc.record({
        username: hostile,
        groups: fc.array(hostile, { maxLength: 3 }),
        extra: fc.record({
          arn: fc.array(hostile, { maxLength: 2 }),
          canonicalArn: fc.array(hostile, { maxLength: 2 }),
        }),
      }),
    }),
  },
  { requiredKeys: ["kind"] },
);

describe.each(Object.entries(PARSERS))("what an API server sends as %s", (_name, parse) => {
  test("is a fact or a failure, safe to print, whatever the text", () => {
    fc.assert(
      fc.property(hostile, (body) => {
        expect(unsafeIn(parse(body))).toEqual([]);
      }),
    );
  });

  test("is a fact or a failure, safe to print, whatever the JSON", () => {
    fc.assert(
      fc.property(fc.oneof(documents, fc.jsonValue()), (document) => {
        expect(unsafeIn(parse(JSON.stringify(document)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test("lines of health checks are counted, and those that fail are named, in any mixture", () => {
  const name = fc.stringMatching(/^[a-z][a-z/-]{0,40}$/);
  const check = fc.record({ name, fails: fc.boolean() });
  fc.assert(
    fc.property(fc.array(check, { minLength: 1, maxLength: 60 }), (checks) => {
      const lines = checks.map(({ name: each, fails }) =>
        fails ? `[-]${each} failed: reason withheld` : `[+]${each} ok`,
      );
      expect(parseHealth(`${lines.join("\n")}\nreadyz check failed\n`)).toEqual({
        checks: checks.length,
        failing: checks.filter(({ fails }) => fails).map((each) => each.name),
      });
    }),
  );
});

function readList(items: readonly unknown[]): Fact<unknown> {
  return mergeLeases([parseIdentityLeases(JSON.stringify({ kind: "LeaseList", items }))]);
}

test("a list of Leases does not depend on the order in which the server tells them", () => {
  const item = fc.record({
    metadata: fc.record({
      name: fc.stringMatching(/^apiserver-[a-z2-7]{3}$/),
      labels: fc.constant({ "apiserver.kubernetes.io/identity": "kube-apiserver" }),
    }),
    spec: fc.record({ renewTime: fc.constant("2026-11-22T08:27:09.323905Z") }),
  });
  const items = fc.uniqueArray(item, { selector: ({ metadata }) => metadata.name, maxLength: 8 });
  fc.assert(
    fc.property(items, (list) => {
      expect(readList(list)).toMatchObject({ kind: "known" });
      expect(readList(list.toReversed())).toEqual(readList(list));
    }),
  );
});

test("the endpoints of the service are a fact or a reason, whatever is answered to which question", () => {
  const status = fc.constantFrom(200, 200, 201, 401, 403, 404, 500);
  const body = fc.oneof(
    documents.map((document) => JSON.stringify(document)),
    hostile,
  );
  const replies = fc.array(fc.tuple(status, body), { maxLength: 4 });
  fc.assert(
    fc.property(replies, (answers) => {
      const read = readServiceEndpoints(answers.map(([code, text]) => answered(code, text)));
      expect(unsafeIn(read)).toEqual([]);
    }),
  );
});

test("names of Leases are names, and of different hosts they differ", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 80 }),
      fc.string({ unit: "grapheme", maxLength: 80 }),
      (one, other) => {
        const names = leaseNamesOf(one);
        for (const name of names) expect(name).toMatch(/^(?:kube-)?apiserver-[a-z2-7]{26}$/);
        expect(new Set(names).size).toBe(3);
        fc.pre(one !== other);
        expect(leaseNamesOf(other)).not.toEqual(names);
      },
    ),
  );
});
