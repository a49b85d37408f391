import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { known, skipped, valueOf } from "../../../../src/model/fact.ts";
import type { NodeReport } from "../../../../src/model/node/report.ts";
import { sanitizeText } from "../../../../src/model/text.ts";
import { type NodeTextOptions, renderNodeText } from "../../../../src/report/node/text.ts";
import { plainTheme, type Theme } from "../../../../src/report/theme.ts";
import { hostileNode, hostileNodeAt } from "../../../support/hostile-nodes.ts";
import {
  crowdedWorker,
  fieldNotes,
  nodeReportOf,
  sickWorker,
  withoutRights,
} from "../../../support/node-reports.ts";
import {
  at,
  CNI,
  directFlow,
  ENI_ONE,
  ENI_TWO,
  enisAt,
  inboundFlow,
  KUBELET,
  nodeWorld,
  podOwner,
  process,
  serviceFlow,
  VIP_ONE,
  type WorldChange,
} from "../../../support/node-world.ts";

const WIDTHS = [60, 80, 100] as const;

function render(
  report: NodeReport,
  options: Partial<NodeTextOptions> = {},
  theme: Theme = plainTheme(100),
): string {
  return renderNodeText(report, { quiet: false, verbose: false, ...options }, theme);
}

function textOf(change: WorldChange, options: Partial<NodeTextOptions> = {}): string {
  return render(nodeReportOf(nodeWorld(change)), options);
}

function golden(name: string): string {
  return new URL(`golden/${name}`, import.meta.url).pathname;
}

function paint(text: string): string {
  return `<${text}>`;
}

/** A connection by rules to eight targets, the last of which is an ENI or is none any more. */
function ways(gone: boolean): string {
  const ips = ["10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4", "10.0.1.5", "10.0.1.6"];
  const last = ["10.0.1.7", gone ? "10.0.99.9" : "10.0.1.8"];
  const enis = [...ips, "10.0.1.7", "10.0.1.8"];
  const candidates = [...ips, ...last].map((ip) => ({ to: at(ip), probability: 0.125 }));
  const translation = { kind: "by-rules", chain: undefined, candidates } as const;
  return textOf({
    flows: [{ ...serviceFlow(CNI, undefined), translation }],
    controlPlane: { enis: enisAt(enis) },
  });
}

describe("a worker for a terminal", () => {
  test.each(WIDTHS)("as the field notes have it, at %d columns", async (width) => {
    const text = render(fieldNotes(), {}, plainTheme(width));
    await expect(text).toMatchFileSnapshot(golden(`field-notes-${width}.txt`));
  });

  test.each(WIDTHS)("on which almost nothing is well, at %d columns", async (width) => {
    const text = render(sickWorker(), {}, plainTheme(width));
    await expect(text).toMatchFileSnapshot(golden(`sick-${width}.txt`));
  });

  test("in ASCII, with all of its evidence", async () => {
    const healthy = render(fieldNotes(), { verbose: true }, plainTheme(100, false));
    const sick = render(sickWorker(), { verbose: true }, plainTheme(80, false));
    for (const text of [healthy, sick]) expect(text).toMatch(/^[\n -~]+$/);
    await expect(healthy).toMatchFileSnapshot(golden("field-notes-verbose-ascii.txt"));
    await expect(sick).toMatchFileSnapshot(golden("sick-verbose-ascii.txt"));
  });

  test("as a user without rights sees it, with nobody asked", async () => {
    await expect(render(withoutRights())).toMatchFileSnapshot(golden("without-rights.txt"));
  });

  test("with 500 pods stays a screen: what is in trouble first, the rest counted", async () => {
    const text = render(crowdedWorker(500));
    await expect(text).toMatchFileSnapshot(golden("crowded.txt"));
    expect(text).not.toContain("web-0100");
    expect(render(crowdedWorker(500), { verbose: true })).toContain("web-0100");
    // A line that counts one row is no shorter than that row.
    expect(render(crowdedWorker(31))).not.toContain("row more");
    expect(render(crowdedWorker(32))).toContain("and 2 rows more");
  });

  test("colour adds nothing: without it every word is still there", () => {
    const painted = { ...plainTheme(100), bold: paint, dim: paint, good: paint, warn: paint };
    const text = render(sickWorker(), {}, { ...painted, bad: paint, accent: paint });
    expect(text.replaceAll(/[<>]/g, "")).toBe(render(sickWorker()));
  });

  test("quiet leaves the verdict alone, in one line however narrow the terminal is", () => {
    const { verdict } = sickWorker();
    const text = render(sickWorker(), { quiet: true }, plainTheme(40));
    expect(text).toBe(`${verdict.summary}\n`);
  });
});

describe("the connections", () => {
  test("of one process to one address are one line with their number", () => {
    const flows = [1, 2, 3].map(() => serviceFlow(CNI, { ip: ENI_TWO, kind: "eni" }));
    const text = textOf({ flows });
    expect(text.match(/aws-k8s-agent/g)).toHaveLength(1);
    expect(text).toContain("172.20.0.1 ×3");
    expect(text).toContain("worker → control plane · 3 connections\n");
  });

  test("to two ENIs through one service address are two lines", () => {
    const flows = [ENI_ONE, ENI_TWO].map((ip) => serviceFlow(CNI, { ip, kind: "eni" }));
    expect(textOf({ flows }).match(/aws-k8s-agent/g)).toHaveLength(2);
  });

  test.each([
    ["2023-04-21T15:41:30.500Z", "≤1s"],
    ["2023-04-21T15:41:01.000Z", "≤30s"],
    ["2023-04-21T14:41:31.000Z", "≤60m"],
    ["2023-04-20T15:41:30.000Z", "≤25h"],
    ["2023-04-11T15:41:30.000Z", "≤11d"],
  ])("of a process that began %s are at most that old, rounded up: %s", (startedAt, age) => {
    const owner = process("app", podOwner("shop", "app-0"), { startedAt: known(startedAt) });
    const text = textOf({ flows: [directFlow(owner, VIP_ONE, "vip")] });
    expect(text).toMatch(new RegExp(`shop/app-0 .* ${age}\n`));
  });

  test("of a process that began at no known time have no age", () => {
    for (const startedAt of [skipped("no btime"), known("2023-04-22T00:00:00.000Z")]) {
      const owner = process("app", podOwner("shop", "app-0"), { startedAt });
      const text = textOf({ flows: [directFlow(owner, VIP_ONE, "vip")] });
      expect(text).toMatch(/shop\/app-0 .* \?\n/);
    }
  });

  test("in one line are as old as the oldest, and were sent again as often as the worst", () => {
    const young = known("2023-04-21T15:41:01.000Z");
    const old = known("2023-04-20T15:41:30.000Z");
    for (const both of [
      [young, old],
      [old, young],
    ]) {
      const flows = both.map((startedAt, index) =>
        directFlow(process("app", podOwner("shop", "app-0"), { startedAt }), VIP_ONE, "vip", {
          retransmits: startedAt === young ? 9 : 3,
          sendQueueBytes: 100 + index,
        }),
      );
      expect(textOf({ flows })).toMatch(/shop\/app-0 .* ≤25h {2}201B unacked, 9 resent\n/);
    }
    const flows = [old, skipped("no btime")].map((startedAt) =>
      directFlow(process("app", podOwner("shop", "app-0"), { startedAt }), VIP_ONE, "vip"),
    );
    expect(textOf({ flows })).toMatch(/shop\/app-0 .* \?\n/);
  });

  test("say nothing of queues while nothing waits, and all of it where something does", () => {
    const healthy = directFlow(KUBELET, VIP_ONE, "vip");
    expect(textOf({ flows: [healthy] })).not.toContain("QUEUE");
    const closed = { timer: "zero-window", sendQueueBytes: 70_000_000 } as const;
    const waiting = directFlow(CNI, ENI_ONE, "eni", { ...closed, receiveQueueBytes: 12_345 });
    const text = textOf({ flows: [healthy, waiting] });
    expect(text).toContain("70MB unacked, peer takes no more, 12kB unread\n");
    expect(text).toContain("· 1 in trouble\n");
    // The kernel counts a SYN as a byte.
    const syn = { state: "syn-sent", sendQueueBytes: 1, retransmits: 2 } as const;
    expect(textOf({ flows: [directFlow(CNI, ENI_ONE, "eni", syn)] })).toContain(
      "syn-sent, 2 resent\n",
    );
  });

  test("that lead to nobody or wait in vain stand before kubelet's that are well", () => {
    const well = directFlow(KUBELET, VIP_ONE, "vip");
    for (const ill of [
      serviceFlow(CNI, { ip: "10.0.61.7", kind: "former-eni" }),
      directFlow(CNI, ENI_ONE, "eni", { state: "syn-sent" }),
      directFlow(CNI, ENI_ONE, "eni", { retransmits: 1 }),
    ]) {
      const text = textOf({ flows: [well, ill] });
      expect(text.indexOf("aws-k8s-agent")).toBeLessThan(text.indexOf("kubelet.service"));
    }
    // One that is not acknowledged yet is no trouble.
    const text = textOf({ flows: [well, directFlow(CNI, ENI_ONE, "eni", { sendQueueBytes: 90 })] });
    expect(text.indexOf("aws-k8s-agent")).toBeGreaterThan(text.indexOf("kubelet.service"));
  });

  test("are not said to be none where nothing tells the API servers' addresses", () => {
    const controlPlane = {
      vips: skipped("nobody was asked"),
      enis: skipped("nobody was asked"),
      others: [],
      service: skipped("nothing here tells it"),
    };
    const kubelet = skipped("this machine has no kubeconfig of kubelet");
    const lost = textOf({ flows: [], controlPlane, snapshot: { kubelet, nat: known([]) } });
    expect(lost).toContain(
      "  none can be told: nothing here says where the API servers are (this machine has no kubeconfig of\n    kubelet)\n",
    );
    expect(textOf({ flows: [] })).toContain("  no connection to it is open\n");
  });

  test("by rules show every way with its share, and which leads to no ENI", () => {
    const text = textOf({
      flows: [
        {
          ...serviceFlow(CNI, undefined),
          translation: {
            kind: "by-rules",
            chain: undefined,
            candidates: [
              { to: at("10.0.99.9"), probability: undefined },
              { to: at(ENI_ONE), probability: 1 / 3 },
            ],
          },
        },
      ],
    });
    expect(text).toMatch(/172\.20\.0\.1 +rules 33\.3% +ENI 10\.0\.20\.41 +\?/);
    expect(text).toMatch(/\n +rules +no ENI 10\.0\.99\.9 +\?/);
    // The rules are in the rows, and not told again below.
    expect(text).not.toContain("new connections to");
  });

  test("by rules to more targets than there is room for are in trouble by those left out, too", () => {
    expect(ways(true)).toContain("and 2 more");
    expect(ways(true)).toContain("· 1 in trouble\n");
    expect(ways(false)).toContain("and 2 more");
    expect(ways(false)).not.toContain("in trouble");
  });

  test("say why it is not known where a service address leads", () => {
    const text = textOf({ flows: [serviceFlow(CNI, undefined), serviceFlow(KUBELET, undefined)] });
    const line = "where 172.20.0.1 leads is not known: the kernel shows no tracked connections";
    expect(text.split(line)).toHaveLength(2);
  });

  test("keep an IPv6 address whole, to be copied", () => {
    const eni = "2600:1f14:acb:5c02:9f3a:11d2:7c40:6b1e";
    const flow = {
      ...serviceFlow(CNI, { ip: eni, kind: "eni" }),
      seen: at("fdb4:7b4c:3c5a::1"),
    };
    const report = nodeReportOf(nodeWorld({ flows: [flow] }));
    for (const width of [80, 100]) {
      const lines = render(report, {}, plainTheme(width)).split("\n");
      expect(lines.filter((line) => line.includes(eni))).not.toEqual([]);
      expect(lines.filter((line) => line.length > width)).toEqual([]);
    }
  });

  test.each([
    [known([]), "no connection to it is open", "none is open now"],
    [skipped("no /proc here"), "not seen: no /proc here", "not seen: no /proc here"],
  ] as const)(
    "where there are none, tell whether they were looked for: %o",
    (sockets, out, inn) => {
      const text = textOf({ flows: [], snapshot: { namespaces: [{ id: "host", sockets }] } });
      expect(text).toContain(`worker → control plane\n  ${out}\n`);
      expect(text).toContain(`control plane → worker\n  ${inn}`);
    },
  );
});

describe("who comes in", () => {
  const flows = [inboundFlow(ENI_ONE, "eni"), inboundFlow("10.0.9.9", "unknown")];

  test("and is no ENI is not counted among them", () => {
    const text = textOf({ flows });
    expect(text).toContain("control plane → worker · 1 connection\n");
    expect(text).toMatch(/others at :10250, which are no ENIs .*: 10\.0\.9\.9\n/);
  });

  test("is shown whoever it is, where the ENIs are not known", () => {
    const text = textOf({ flows, controlPlane: { enis: skipped("not asked") } });
    expect(text).toContain("control plane → worker · 2 connections\n");
    expect(text).toMatch(/ {2}unknown 10\.0\.9\.9 +:10250 kubelet/);
    expect(text).not.toContain("others at");
  });
});

describe("the head of the report", () => {
  test.each([
    [{ kind: "probe", verdict: "healthy · 4 paths" }, "probed now · healthy · 4 paths"],
    [
      { kind: "map", file: "run.json", startedAt: "2023-04-21T10:00:00.000Z" },
      "run.json · as of 2023-04-21 10:00:00Z",
    ],
    [{ kind: "none", reason: "--no-probe was given" }, "none: --no-probe was given"],
  ] as const)("says what the connections are held against: %o", (source, words) => {
    expect(textOf({ controlPlane: { source } })).toContain(`  map        ${words}\n`);
  });

  test.each([
    [{ kind: "live" }, "live · 2023-04-21 15:41:31Z"],
    [{ kind: "root", path: "/copy" }, "a copy in /copy · as of 2023-04-21 15:41:31Z"],
    [
      { kind: "bundle", path: "/b" },
      "a bundle of the EKS log collector in /b · as of 2023-04-21 15:41:31Z",
    ],
  ] as const)("says where it was read: %o", (source, words) => {
    expect(textOf({ snapshot: { source } })).toContain(`  read       ${words}\n`);
  });

  test("names no cluster and no endpoint where nobody knows them", () => {
    const controlPlane = { cluster: undefined, region: undefined, endpointHost: undefined };
    const text = textOf({ controlPlane: { ...controlPlane, privateAccess: "unknown" } });
    expect(text).not.toMatch(/^ {2}(?:cluster|endpoint) /m);
  });

  test("says that it is simulated, and nothing where it is not", () => {
    const words = "simulated: made in the lab, not on AWS";
    expect(render(nodeReportOf(nodeWorld(), true))).toContain(words);
    expect(render(nodeReportOf(nodeWorld()))).not.toContain("simulated");
  });
});

describe("API servers", () => {
  test("have the letters of their addresses, VIPs before ENIs, whatever the order they come in", () => {
    const vips = [
      { endpoint: at("52.0.0.9"), apiServer: known("ip-9") },
      { endpoint: at("43.0.0.1"), apiServer: known("ip-1") },
    ];
    const text = textOf({ controlPlane: { vips: known(vips) } });
    expect(text).toContain("  A  ip-1  VIP 43.0.0.1\n  B  ip-9  VIP 52.0.0.9\n");
  });

  test("that did not answer are told with the reason, and so are ENIs that nobody listed", () => {
    const text = textOf({});
    expect(text).toContain("  ?  ENI 10.0.20.41, ENI 10.0.95.229: not asked\n");
    const unlisted = textOf({ controlPlane: { enis: skipped("ec2 was not asked") } });
    expect(unlisted).toContain("  ?  ENIs are not known: ec2 was not asked\n");
  });
});

describe("what was not seen", () => {
  const blind = Array.from({ length: 8 }, (_, index) => `part ${index + 1}`);

  test("is folded where it is much, and all of it is told on request", () => {
    const text = textOf({ snapshot: { blind } });
    expect(text).toContain("not seen\n  part 1\n");
    expect(text).toContain("  part 5\n  and 3 more, which -v shows\n");
    const whole = textOf({ snapshot: { blind } }, { verbose: true });
    expect(whole).toContain("  part 8\n");
    expect(whole).not.toContain("which -v shows");
  });
});

/** Longer than this a word may stand alone in a line of any width. */
function isExcused(line: string, width: number): boolean {
  const widest = Math.max(...line.split(" ").map(({ length }) => length));
  return /^ +[→>] /.test(line) || widest > width / 2;
}

describe("whatever a worker holds", () => {
  const terminal = fc.constantFrom(...WIDTHS);

  test("nothing of it acts on the terminal", () => {
    fc.assert(
      fc.property(hostileNode, terminal, fc.boolean(), (report, width, verbose) => {
        const text = render(report, { verbose }, plainTheme(width));
        for (const line of text.split("\n")) expect(line).toBe(sanitizeText(line, line.length));
        expect(render(report, { verbose }, plainTheme(width, false))).toMatch(/^[\n -~]+$/);
      }),
    );
  });

  test("no line is wider than the terminal, but for words that cannot be broken", () => {
    fc.assert(
      fc.property(hostileNodeAt(fc.ipV4()), terminal, fc.boolean(), (report, width, unicode) => {
        const lines = render(report, { verbose: true }, plainTheme(width, unicode)).split("\n");
        const wide = lines.filter((line) => line.length > width && !isExcused(line, width));
        expect(wide).toEqual([]);
      }),
    );
  });

  test("the order in which it came makes no difference", () => {
    fc.assert(
      fc.property(
        hostileNode.chain((report) =>
          fc
            .shuffledSubarray([...report.flows], { minLength: report.flows.length })
            .map((flows) => ({
              report,
              flows,
            })),
        ),
        ({ report, flows }) => {
          const { vips, enis, others } = report.controlPlane;
          const turned: NodeReport = {
            ...report,
            flows,
            findings: report.findings.toReversed(),
            controlPlane: {
              ...report.controlPlane,
              vips: vips.kind === "known" ? known((valueOf(vips) ?? []).toReversed()) : vips,
              enis: enis.kind === "known" ? known((valueOf(enis) ?? []).toReversed()) : enis,
              others: others.toReversed(),
            },
          };
          expect(render(turned)).toBe(render(report));
        },
      ),
    );
  });

  test("quiet is one line of it", () => {
    fc.assert(
      fc.property(hostileNode, (report) => {
        expect(render(report, { quiet: true }).split("\n")).toHaveLength(2);
      }),
    );
  });
});

test("20,000 connections of a worker are shown at once", () => {
  const text = render(crowdedWorker(20_000));
  expect(text.split("\n").length).toBeLessThan(70);
  expect(text).toContain("· 20000 connections · 1 in trouble\n");
});
