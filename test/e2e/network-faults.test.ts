import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCENARIOS } from "../../src/lab/scenarios/table.ts";
import { findNamespaces, RELAY_SCRIPT } from "../support/namespace-script.ts";
import { NETWORK_FAULT_SCRIPT } from "../support/network-fault-script.ts";
import { readReport } from "../support/program-report.ts";
import { PROGRAM } from "../support/run-program.ts";

const namespaces = findNamespaces();
if (namespaces.kind === "impossible")
  process.stderr.write(`skipped: no namespaces here: ${namespaces.reason}\n`);

const [BASE] = SCENARIOS;
const VIPS = ["43.200.53.253", "52.79.39.107"];
const ENIS = ["10.0.20.41", "10.0.95.229"];

let folder: string;

beforeAll(() => {
  if (namespaces.kind === "impossible" || BASE === undefined) return;
  folder = mkdtempSync(join(tmpdir(), "eks-probe-faults-"));
  const { inside, outside } = BASE.resolvers;
  writeFileSync(
    join(folder, "inside.conf"),
    `nameserver ${inside}\noptions timeout:1 attempts:1\n`,
  );
  writeFileSync(join(folder, "plain.hosts"), "127.0.0.1 localhost\n");
  writeFileSync(join(folder, "relay.cjs"), RELAY_SCRIPT);
  const addresses = BASE.clusters.flatMap(({ fronts }) => fronts.map(({ ip }) => ip));
  const ran = spawnSync("unshare", [namespaces.flags, "bash", "-c", NETWORK_FAULT_SCRIPT], {
    encoding: "utf8",
    timeout: 90_000,
    env: {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      HOME: folder,
      DIR: folder,
      NODE: process.execPath,
      PROGRAM,
      AWS_EC2_METADATA_DISABLED: "true",
      V4: [...new Set([...addresses, inside, outside])].join(" "),
      VIPS: VIPS.join(" "),
      ENIS: ENIS.join(" "),
    },
  });
  if (ran.status !== 0 || ran.stderr !== "") throw new Error(`${ran.status}: ${ran.stderr}`);
}, 90_000);

afterAll(() => {
  if (namespaces.kind === "possible") rmSync(folder, { recursive: true, force: true });
});

const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");

/** Who is blamed, and by whom: what failed of its own, not what follows from it. */
function blamed(name: string) {
  const code = Number(textOf(`${name}.code`));
  const report = readReport({
    code,
    signal: null,
    stdout: textOf(`${name}.out`),
    stderr: textOf(`${name}.err`),
  });
  const own = report.findings.filter(
    ({ status, causedBy }) => (status === "fail" || status === "warn") && causedBy.length === 0,
  );
  return { code, blames: own.map((finding) => [finding.code, finding.side]), next: own[0]?.next };
}

describe.runIf(namespaces.kind === "possible")("a network that fails for real", () => {
  test("not at all", () => {
    expect(blamed("healthy")).toEqual({ code: 0, blames: [], next: undefined });
  });

  test.each([
    ["unreachable", "network"],
    ["prohibit", "local"],
    ["blackhole", "network"],
  ])("by routes to the VIPs that are %s: N01 alone, and where to look", (kind, side) => {
    const { code, blames, next } = blamed(`route-${kind}`);
    expect({ code, blames }).toEqual({ code: 1, blames: [["N01", side]] });
    expect(next).toContain(`ip route get ${VIPS[0]}`);
  });

  test("by the lack of a default route: this host's own fault, of the VIPs alone", () => {
    const { code, blames } = blamed("no-default-route");
    expect({ code, blames }).toEqual({ code: 1, blames: [["N12", "local"]] });
  });

  test.for([
    ["drop-one-eni", "N01", "network", "another ENI answers"],
    ["drop-vips", "N01", "network", "publicAccessCidrs let everyone in"],
    ["reject-vips", "N07", "network", "that rejects TCP 443"],
    ["mtu-vips", "N08", "network", "-M do -s 1472"],
    ["no-dns", "D01", "local", "ip route get 10.0.0.2"],
  ] as const)(
    "by a firewall: %s is %s, for the %s to mend",
    ([name, finding, side, advice], context) => {
      if (!existsSync(join(folder, "iptables"))) context.skip("no iptables in a namespace here");
      const { code, blames, next } = blamed(name);
      expect({ code, blames }).toEqual({ code: 1, blames: [[finding, side]] });
      expect(next).toContain(advice);
    },
  );
});
