import { describe, expect, test } from "vitest";
import {
  LEASE_PATHS,
  mergeLeases,
  parseIdentityLeases,
} from "../../../src/kube/identity-leases.ts";
import { known, unknown } from "../../../src/model/fact.ts";
import type { IdentityLease } from "../../../src/model/inspection.ts";

interface Item {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly holderIdentity?: string;
  readonly renewTime?: unknown;
}

function lease({ name = "apiserver-a", labels, holderIdentity, renewTime }: Item): unknown {
  return {
    metadata: {
      name,
      namespace: "kube-system",
      labels:
        labels === undefined ? { "apiserver.kubernetes.io/identity": "kube-apiserver" } : labels,
    },
    spec: {
      holderIdentity: holderIdentity ?? `${name}_1`,
      leaseDurationSeconds: 3600,
      renewTime: renewTime === undefined ? "2026-11-22T08:27:09.323905Z" : renewTime,
    },
  };
}

function listOf(...items: readonly unknown[]): string {
  const head = { kind: "LeaseList", apiVersion: "coordination.k8s.io/v1", metadata: {} };
  return JSON.stringify({ ...head, items });
}

function only(item: Item): IdentityLease | undefined {
  const read = parseIdentityLeases(listOf(lease(item)));
  return read.kind === "known" ? read.value[0] : undefined;
}

function hostOf(host: string): string | undefined {
  const labels = { "k8s.io/component": "kube-apiserver", "kubernetes.io/hostname": host };
  return only({ labels })?.host;
}

describe("a list of Leases", () => {
  test("names host, process and last sign of life, in the form recorded from 1.27 and later", () => {
    const recorded = `{
  "kind": "LeaseList",
  "apiVersion": "coordination.k8s.io/v1",
  "metadata": { "resourceVersion": "205" },
  "items": [
    {
      "metadata": {
        "name": "apiserver-g64vheqqp7lbyjzirqpmkkn3ie",
        "namespace": "kube-system",
        "labels": {
          "apiserver.kubernetes.io/identity": "kube-apiserver",
          "kubernetes.io/hostname": "ip-172-16-173-248.ap-northeast-2.compute.internal"
        }
      },
      "spec": {
        "holderIdentity": "apiserver-g64vheqqp7lbyjzirqpmkkn3ie_61b0d1d6-c686-447e-9b6c-fe159f2b4f82",
        "leaseDurationSeconds": 3600,
        "renewTime": "2026-11-22T08:27:09.323905Z"
      }
    }
  ]
}`;
    expect(parseIdentityLeases(recorded)).toEqual(
      known([
        {
          name: "apiserver-g64vheqqp7lbyjzirqpmkkn3ie",
          host: "ip-172-16-173-248.ap-northeast-2.compute.internal",
          incarnation: "61b0d1d6-c686-447e-9b6c-fe159f2b4f82",
          renewTime: "2026-11-22T08:27:09.323Z",
        },
      ]),
    );
  });

  test("of 1.20 has the process in the Lease's own name, and no host", () => {
    const name = "kube-apiserver-9cbf54e5-1136-44bd-8f9a-1dcd15c346b4";
    const old = { name, holderIdentity: name, labels: { "k8s.io/component": "kube-apiserver" } };
    expect(only(old)).toEqual({
      name,
      host: undefined,
      incarnation: "9cbf54e5-1136-44bd-8f9a-1dcd15c346b4",
      renewTime: "2026-11-22T08:27:09.323Z",
    });
  });

  test("leaves out what is no API server's: a scheduler's, an aggregated server's, one without labels", () => {
    const list = listOf(
      lease({ name: "kube-scheduler", labels: { "k8s.io/component": "kube-scheduler" } }),
      lease({ labels: { "apiserver.kubernetes.io/identity": "metrics-apiserver" } }),
      lease({ name: "kube-controller-manager", labels: null }),
      lease({ name: "apiserver-b" }),
    );
    const read = parseIdentityLeases(list);
    expect(read.kind === "known" && read.value.map(({ name }) => name)).toEqual(["apiserver-b"]);
  });

  test("that is empty is known to be empty", () => {
    expect(parseIdentityLeases(listOf())).toEqual(known([]));
    expect(parseIdentityLeases('{"kind":"LeaseList","items":null}')).toEqual(known([]));
  });

  test("has the incarnation after the name only, and none where the holder has another form", () => {
    expect(only({ holderIdentity: "apiserver-a_2" })?.incarnation).toBe("2");
    expect(only({ holderIdentity: "apiserver-a_" })?.incarnation).toBeUndefined();
    expect(only({ holderIdentity: "apiserver-a_\u001b[31m2" })?.incarnation).toBe("\uFFFD2");
    expect(only({ holderIdentity: "someone" })?.incarnation).toBeUndefined();
  });

  test("takes a host label only for what may be a host name", () => {
    expect(hostOf("Master-1")).toBe("master-1");
    expect(hostOf("a\u001b[31mb")).toBeUndefined();
    expect(hostOf("")).toBeUndefined();
    expect(hostOf("x".repeat(64))).toBeUndefined();
  });

  test.for([
    "yesterday",
    "2026-11-22",
    "2026-13-22T08:27:09Z",
    "2026-11-22T08:27:09",
    1_700_000_000,
    null,
  ])("with a renewTime of %j is no list: a dead server could pass for a live one", (renewTime) => {
    expect(parseIdentityLeases(listOf(lease({ renewTime })))).toMatchObject({
      kind: "unknown",
      failure: { code: "body-unexpected-shape", phase: "body" },
    });
  });

  test("with an offset is told in UTC", () => {
    expect(only({ renewTime: "2026-11-22T17:27:09.5+09:00" })?.renewTime).toBe(
      "2026-11-22T08:27:09.500Z",
    );
  });

  test("of more than 1,000 is given up", () => {
    const many = Array.from({ length: 1_001 }, (_, index) => lease({ name: `apiserver-${index}` }));
    expect(parseIdentityLeases(listOf(...many))).toMatchObject({ kind: "unknown" });
  });
});

describe("the lists of both labels", () => {
  const one: IdentityLease = {
    name: "b",
    host: undefined,
    incarnation: undefined,
    renewTime: "2026-11-22T08:27:09.323Z",
  };
  const other = { ...one, name: "a" };
  const denied = unknown({ code: "http-status", phase: "http", side: "user", message: "no" });

  test("are one list, by name and without doubles", () => {
    expect(mergeLeases([known([one]), known([other, one])])).toEqual(known([other, one]));
    expect(mergeLeases([known([]), known([])])).toEqual(known([]));
  });

  test("miss nothing when the one that was lost is not the one in use", () => {
    expect(mergeLeases([known([one]), denied])).toEqual(known([one]));
    expect(mergeLeases([denied, known([one])])).toEqual(known([one]));
  });

  test("are unknown when one was lost and the other is empty: empty may mean the wrong label", () => {
    expect(mergeLeases([known([]), denied])).toEqual(denied);
    expect(mergeLeases([denied, denied])).toEqual(denied);
  });

  test("are asked for by selectors that a server can read", () => {
    const selectors = LEASE_PATHS.map((path) =>
      new URL(path, "https://h").searchParams.get("labelSelector"),
    );
    expect(selectors).toEqual([
      "apiserver.kubernetes.io/identity=kube-apiserver",
      "k8s.io/component=kube-apiserver",
    ]);
  });
});
