import { describe, expect, test } from "vitest";
import { known } from "../../../src/model/fact.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import { renderText, type TextOptions } from "../../../src/report/text/report.ts";
import { plainTheme } from "../../../src/report/theme.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { deepSnapshot, denied, lease } from "../../support/inspections.ts";
import { answered, PUB_ONE, PUB_TWO, pubSnapshot, reportOf } from "../../support/snapshots.ts";

function linesOf(
  snapshot: Snapshot,
  options: Partial<TextOptions> = {},
  width = 100,
): readonly string[] {
  const all = { wide: false, verbose: false, quiet: false, ...options };
  return renderText(reportOf(snapshot), all, plainTheme(width)).trimEnd().split("\n");
}

/** From the first finding on. */
function findingsOf(snapshot: Snapshot, options: Partial<TextOptions> = {}): string {
  const lines = linesOf(snapshot, options);
  return lines.slice(lines.findIndex((line) => /^ {2}[✓!✗·?] /.test(line))).join("\n");
}

describe("--deep", () => {
  test("adds a line for each thing that it asked", () => {
    expect(findingsOf(deepSnapshot())).toBe(
      `
  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver
  ✓ caller   reader
  ✓ sticky   pinned: 80/80 fresh connections (another backend ≤15 % per address, 95 %)
  ✓ version  v1.31.5-eks-5d632ec
  ✓ health   live and ready: A, B (26 checks each)
  ✓ topology public, DNS gives VIPs; each VIP has its own server: consistent with a zonal NLB
             without cross-zone balancing; one server per ENI in 2 zones (another backend ≤15 %)
  ✓ leases   2 API servers hold leases, all reached
  ✓ sources  EC2 and endpointslices/v1 list the same 2 addresses
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings`.slice(1),
    );
  });

  test.each([1, 20, 1_000])("of a healthy cluster is one screen, after %d connections", (n) => {
    const lines = linesOf(deepSnapshot({}, {}, n));
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("keeps the map's line where it has evidence to show", () => {
    const observations = [answered("43.200.53.253", PUB_ONE, 403)];
    const said = findingsOf(deepSnapshot({ serverAddress: denied }, { observations }));
    expect(said).toContain("all told apart by the host name in the certificate");
  });

  test("what the caller may not read is one line with the reason, and the run is healthy", () => {
    const said = findingsOf(deepSnapshot({ leases: denied }));
    expect(said).toContain(
      `
  ? leases   unknown: may not list leases in kube-system (403)  K01
             → kubectl auth can-i list leases.coordination.k8s.io -n kube-system
`,
    );
    expect(said).toMatch(/\nhealthy · [^\n]+$/);
  });

  test("-v has the groups, what the token costs, and the service", () => {
    const said = findingsOf(deepSnapshot(), { verbose: true });
    expect(said).toContain("             groups: system:authenticated\n");
    expect(said).toContain(
      "  ✓ verify   first request and second on one connection: A 12.5ms, 2.3ms · B 12.5ms, 2.3ms  A05\n",
    );
    expect(said).toContain("  ✓ service  every certificate names the service's 172.20.0.1  K03\n");
  });
});

test("--until-sure adds the topology, which its connections were made for", () => {
  const request = makeRequest("gonz-eks-pub", { untilSure: 0.15 });
  expect(findingsOf(pubSnapshot({ request }))).toContain("  ✓ topology ");
  expect(findingsOf(pubSnapshot())).not.toContain("  ✓ topology ");
});

const wide = (snapshot: Snapshot): string => linesOf(snapshot, { wide: true }).join("\n");

describe("--wide", () => {
  test("names the signals that agree, the leases with their incarnations, and what was said", () => {
    const left = lease(PUB_ONE, 610, { name: "apiserver-before", incarnation: "before" });
    const leases = known([lease(PUB_ONE, 5), lease(PUB_TWO, 5), left]);
    expect(wide(deepSnapshot({ leases }))).toContain(
      `
     identity      server-address, certificate-host, certificate-fingerprint, identity-lease agree
     lease         apiserver-a1 · live, renewed 5 s ago · incarnation 00000000-0000-4000-8000-0000000000a1
     lease         apiserver-before · stale, renewed 610 s ago · incarnation before
     version       v1.31.5-eks-5d632ec
     caller        reader system:authenticated
     health        livez ok, readyz ok
`,
    );
  });

  test("says unknown where a server did not say, and which check fails where one does", () => {
    const readyz = known({ healthy: false, checks: 26, failing: ["etcd"] });
    const said = wide(deepSnapshot({ version: denied, caller: denied, livez: denied, readyz }));
    expect(said).toContain("     version       unknown\n     caller        unknown\n");
    expect(said).toContain("     health        livez unknown, readyz fails etcd\n");
  });

  test("has the percentiles of every phase once there is more than one connection", () => {
    expect(wide(pubSnapshot())).toContain(
      `
  P50/P90/P99/MAX    TCP                      TLS                      TTFB                 TOTAL
  43.200.53.253:443  2.0ms 2.0ms 2.0ms 2.0ms  9.4ms 9.4ms 9.4ms 9.4ms  31ms 31ms 31ms 31ms  43ms 43ms 43ms 43ms
`,
    );
    expect(wide(pubSnapshot({}, 1))).not.toContain("P50/P90");
  });

  test("has the expected routes of the endpoint's mode", () => {
    expect(wide(pubSnapshot())).toContain(
      "\n  worker to control plane  kubelet, kube-proxy      the public VIPs\n",
    );
  });
});
