import { describe, expect, test } from "vitest";
import { known, skipped } from "../../../../src/model/fact.ts";
import { silentSeconds } from "../../../../src/node/checks/silent-seconds.ts";
import {
  at,
  CNI,
  directFlow,
  ENI_ONE,
  ENI_TWO,
  FORMER_ENI,
  find,
  inboundFlow,
  ipvsTo,
  KUBE_PROXY,
  KUBELET,
  notRead,
  podOwner,
  process,
  READ_AT,
  serviceFlow,
  socket,
  textOf,
  VIP_ONE,
} from "../../../support/node-world.ts";

const SILENT = { sendQueueBytes: 1_517, retransmits: 8, timer: "retransmit" } as const;

describe("W04, who waits in vain", () => {
  test("is nobody where every address is there", () => {
    expect(find("W04")).toMatchObject({
      status: "ok",
      summary: "none of 3 open connections waits in vain",
    });
  });

  test("fails by unacknowledged bytes to a deleted ENI, says for how long, why, and what to restart", () => {
    const flows = [directFlow(KUBELET, FORMER_ENI, "former-eni", SILENT)];
    const finding = find("W04", { flows });
    expect(finding).toMatchObject({
      status: "fail",
      side: "local",
      summary: `1 connection waits for ${FORMER_ENI}, which is no ENI any more: silent for at least 51 s`,
      addresses: [`${FORMER_ENI}:443`],
    });
    expect(finding.details[0]).toBe(
      `kubelet (kubelet.service) to ${FORMER_ENI}: 1517 bytes unacknowledged, sent again 8 times: silent for at least 51 s`,
    );
    expect(textOf(finding)).toMatch(/update of the control plane deleted the ENI/);
    expect(textOf(finding)).toMatch(/up to 15 min/);
    expect(finding.next).toMatch(/^sudo systemctl restart kubelet\.service {3}# .*HTTP2_READ_IDLE/);
  });

  test("follows a client of the ClusterIP to the ENI by the kernel's record, and names its pod", () => {
    const flows = [serviceFlow(CNI, { ip: FORMER_ENI, kind: "former-eni" }, SILENT)];
    const finding = find("W04", { flows });
    expect(finding.status).toBe("fail");
    expect(finding.next).toMatch(/^kubectl -n kube-system delete pod aws-node-4x7bp {3}#/);
  });

  test("only warns while nothing waits there yet, and says nothing of silence", () => {
    const flows = [directFlow(KUBELET, FORMER_ENI, "former-eni")];
    const finding = find("W04", { flows });
    expect(finding).toMatchObject({
      status: "warn",
      summary: `1 connection is open to ${FORMER_ENI}, which is no ENI any more`,
    });
    expect(textOf(finding)).not.toContain("silent");
  });

  test("bytes that were just written are waiting, for how long the kernel does not tell", () => {
    const just = { sendQueueBytes: 39, timer: "retransmit" } as const;
    const finding = find("W04", { flows: [directFlow(KUBELET, FORMER_ENI, "former-eni", just)] });
    expect(finding.status).toBe("fail");
    expect(finding.summary).not.toContain("silent");
    expect(finding.details[0]).toMatch(/39 bytes unacknowledged, not sent again so far$/);
    // The same to an ENI that is there is a request under way.
    expect(find("W04", { flows: [directFlow(KUBELET, ENI_ONE, "eni", just)] }).status).toBe("ok");
  });

  test("warns of a long silence of an address that is there, and blames the way", () => {
    const flows = [directFlow(KUBELET, ENI_ONE, "eni", SILENT)];
    expect(find("W04", { flows })).toMatchObject({
      status: "warn",
      side: "network",
      summary: `1 connection to ${ENI_ONE} has had no answer for at least 51 s`,
    });
    expect(find("W04", { flows }).next).toMatch(
      /^eks-probe check --cluster gonz-eks-pub --region ap-northeast-2 --deep {3}#/,
    );
    const once = { ...SILENT, retransmits: 2 };
    expect(find("W04", { flows: [directFlow(KUBELET, ENI_ONE, "eni", once)] }).status).toBe("ok");
  });

  test("counts no byte of a connection that is not made yet: the kernel's one is the SYN", () => {
    const syn = { state: "syn-sent", sendQueueBytes: 1, retransmits: 4 } as const;
    const flows = [directFlow(KUBELET, FORMER_ENI, "former-eni", syn)];
    expect(find("W04", { flows }).details[0]).toMatch(/: not made yet, sent again 4 times: silent/);
  });

  test("fails by the address that is gone, and tells the silence of one that is there beside it", () => {
    const flows = [
      directFlow(KUBE_PROXY, ENI_ONE, "eni", SILENT),
      directFlow(KUBELET, FORMER_ENI, "former-eni", SILENT),
    ];
    const finding = find("W04", { flows });
    expect(finding.status).toBe("fail");
    expect(finding.summary).toContain(`waits for ${FORMER_ENI}, which is no ENI any more`);
    expect(finding.details.filter((line) => / to 10\.0\./.test(line))).toHaveLength(2);
  });

  test("a connection that ended is no matter", () => {
    const flows = [directFlow(KUBELET, FORMER_ENI, "former-eni", { state: "time-wait" })];
    expect(find("W04", { flows }).status).toBe("skip");
  });

  test("does not know where no ENI is listed: none could then be told to be gone", () => {
    expect(find("W04", { controlPlane: { enis: known([]) } })).toMatchObject({
      status: "unknown",
      summary: "the cluster's ENIs are not known: none is listed",
    });
  });

  test("does not know without the ENIs; without the sockets neither", () => {
    const enis = notRead("ec2:DescribeNetworkInterfaces is denied");
    expect(find("W04", { controlPlane: { enis } }).status).toBe("unknown");
    const sockets = notRead("/proc/1/net/tcp may not be read: root would show it");
    const snapshot = { namespaces: [{ id: "host", sockets }] };
    const finding = find("W04", { snapshot, flows: [] });
    expect(finding.status).toBe("unknown");
    expect(finding.summary).toContain("root would show it");
  });

  test("says so where the kernel keeps no record of where a connection ends", () => {
    const finding = find("W04", { flows: [serviceFlow(CNI, undefined)] });
    expect(finding.status).toBe("ok");
    expect(finding.details.join()).toContain("through the ClusterIP ends is not known");
  });

  test("only warns by a map that is hours away", () => {
    const source = {
      kind: "map",
      file: "run.json",
      startedAt: "2023-04-22T15:41:31.000Z",
    } as const;
    const flows = [directFlow(KUBELET, FORMER_ENI, "former-eni", SILENT)];
    expect(find("W04", { flows, controlPlane: { source } }).status).toBe("warn");
    const near = { ...source, startedAt: READ_AT };
    expect(find("W04", { flows, controlPlane: { source: near } }).status).toBe("fail");
  });

  test("puts no name into a command that is not plain", () => {
    const odd = process("x", podOwner("kube-system", "$(reboot)"));
    const finding = find("W04", { flows: [directFlow(odd, FORMER_ENI, "former-eni", SILENT)] });
    expect(finding.next).toMatch(/^restart x \(kube-system\/\$\(reboot\)\): /);
  });

  test("of many clients the first are named, and the others counted", () => {
    const flows = Array.from({ length: 30 }, (_, index) =>
      directFlow(process(`c${index}`, { kind: "session" }), FORMER_ENI, "former-eni", SILENT),
    );
    const { details } = find("W04", { flows });
    expect(details.length).toBeLessThan(16);
    expect(details).toContain("and 20 more");
  });
});

test.each([
  [0, 0],
  [1, 0.2],
  [2, 0.6],
  [8, 51],
  [15, 804.6],
])("%i retransmits of data took at least %d s", (retransmits, seconds) => {
  expect(silentSeconds(socket(at(ENI_ONE), { retransmits }))).toBeCloseTo(seconds, 1);
});

function waits(retransmits: number): number {
  return silentSeconds(socket(at(ENI_ONE), { retransmits, state: "syn-sent" }));
}

test("a SYN waits a second each for the first five times", () => {
  expect([1, 5, 6].map(waits)).toEqual([1, 5, 7]);
  expect(waits(Number.MAX_SAFE_INTEGER)).toBeLessThan(40_000);
});

describe("W05, the way out", () => {
  const on = { privateAccess: "yes" } as const;
  const inside = [
    directFlow(KUBELET, ENI_ONE, "eni"),
    directFlow(KUBE_PROXY, ENI_TWO, "eni"),
    serviceFlow(CNI, { ip: ENI_TWO, kind: "eni" }),
  ];

  test("is by design where private access is off", () => {
    expect(find("W05").status).toBe("skip");
  });

  test("is not taken where kubelet and kube-proxy go to the ENIs", () => {
    expect(find("W05", { controlPlane: on, flows: inside })).toMatchObject({
      status: "ok",
      summary: `kubelet, kube-proxy go to ${ENI_ONE}, ${ENI_TWO}, inside the VPC`,
    });
  });

  test("is a warning where they go to a VIP, and the VPC's own resolver then points to its DNS settings", () => {
    const finding = find("W05", { controlPlane: on });
    expect(finding).toMatchObject({
      status: "warn",
      summary: `kubelet, kube-proxy go out to ${VIP_ONE}, though private access is on`,
      addresses: [`${VIP_ONE}:443`],
    });
    expect(textOf(finding)).toContain("name servers of /etc/resolv.conf: 10.0.0.2: the VPC's own");
    expect(finding.next).toContain("--deep");
  });

  test.each([
    [["169.254.169.253"], "the VPC's own", "--deep"],
    [["10.0.96.2"], "the VPC's own", "--deep"],
    [["10.9.1.1", "10.0.0.2"], "not the VPC's own", "/etc/resolv.conf"],
    [["8.8.8.8"], "not the VPC's own", "/etc/resolv.conf"],
    [["127.0.0.53"], "one on this host", "resolvectl status"],
    [[], "names no name server", "/etc/resolv.conf"],
  ])("with %j as name servers it says: %s", (servers, words, next) => {
    const finding = find("W05", { controlPlane: on, snapshot: { nameServers: known(servers) } });
    expect(finding.status).toBe("warn");
    expect(finding.details.join("\n")).toContain(words);
    expect(finding.next).toContain(next);
  });

  test("says that the resolver is not known where resolv.conf was not read", () => {
    const nameServers = notRead("/etc/resolv.conf is not there");
    const finding = find("W05", { controlPlane: on, snapshot: { nameServers } });
    expect(textOf(finding)).toContain("not known: /etc/resolv.conf is not there");
  });

  test("does not know whether it should be where private access is not known", () => {
    const finding = find("W05", { controlPlane: { privateAccess: "unknown" } });
    expect(finding.status).toBe("unknown");
    expect(finding.next).toMatch(/^aws eks describe-cluster --name gonz-eks-pub --region ap-n/);
    // Who stays inside is well in any case.
    expect(find("W05", { controlPlane: { privateAccess: "unknown" }, flows: inside }).status).toBe(
      "ok",
    );
  });

  test("puts no name of a cluster or region into a command that is none", () => {
    const odd = { privateAccess: "unknown", cluster: "a;reboot", region: "$(reboot)" } as const;
    expect(find("W05", { controlPlane: odd }).next).toMatch(
      /^aws eks describe-cluster --name NAME --query /,
    );
    const deep = find("W05", { controlPlane: { ...odd, privateAccess: "yes" } });
    expect(deep.next).toMatch(/^eks-probe check --cluster NAME --deep /);
  });

  test("does not hold every public address for a VIP", () => {
    const flows = [
      directFlow(KUBELET, "52.95.1.1", "unknown"),
      directFlow(KUBELET, ENI_ONE, "eni"),
    ];
    const vips = notRead("no name server answers");
    expect(find("W05", { controlPlane: { ...on, vips }, flows }).status).toBe("unknown");
    const skip = find("W05", { controlPlane: { ...on, vips: skipped("--no-probe") }, flows });
    expect(skip.status).toBe("skip");
  });

  test("takes a public address beside the ENIs for a registry's, where the VIPs are known", () => {
    const flows = [
      directFlow(KUBELET, "52.95.1.1", "unknown"),
      directFlow(KUBELET, ENI_ONE, "eni"),
    ];
    expect(find("W05", { controlPlane: { ...on, vips: known([]) }, flows })).toMatchObject({
      status: "ok",
      summary: `kubelet goes to ${ENI_ONE}, inside the VPC`,
      details: ["kubelet goes to 52.95.1.1, too, which the endpoint's name does not lead to"],
    });
  });

  test("holds the only public address that kubelet goes to for one", () => {
    const flows = [directFlow(KUBELET, "52.95.1.1", "unknown")];
    expect(find("W05", { controlPlane: { ...on, vips: known([]) }, flows }).summary).toBe(
      "kubelet goes out to 52.95.1.1, though private access is on",
    );
  });

  test("is not told of an address that nobody names, which has no place in the VPC for being private", () => {
    const unasked = { privateAccess: "unknown", vips: skipped("--no-probe") } as const;
    const toPrivate = [directFlow(KUBELET, "10.9.0.8", "unknown")];
    expect(find("W05", { controlPlane: unasked, flows: toPrivate })).toMatchObject({
      status: "ok",
      summary: "kubelet goes to 10.9.0.8, not a public address",
    });
    // ENIs and VIPs of IPv6 look alike.
    const toEither = [directFlow(KUBELET, "2600:1f18::8", "unknown")];
    expect(find("W05", { controlPlane: unasked, flows: toEither })).toMatchObject({
      status: "skip",
      summary: "kubelet goes to 2600:1f18::8; whether that is an ENI is not known",
    });
  });

  test("names others that go out where kubelet does not", () => {
    const flows = [
      ...inside,
      directFlow(CNI, VIP_ONE, "vip"),
      directFlow(undefined, VIP_ONE, "vip"),
    ];
    expect(find("W05", { controlPlane: on, flows }).summary).toBe(
      `aws-k8s-agent, an unseen process go out to ${VIP_ONE}, though private access is on`,
    );
  });
});

describe("W08, connections through IPVS", () => {
  const ipvs = { nat: known([ipvsTo([ENI_ONE, ENI_TWO])]) };
  const to = { ip: ENI_ONE, kind: "eni" } as const;

  test("do not exist where kube-proxy writes rules", () => {
    expect(find("W08")).toMatchObject({
      status: "skip",
      summary: "IPVS does not translate the ClusterIP here",
    });
  });

  test("are well with a keepalive, and a warning without", () => {
    const kept = serviceFlow(CNI, to);
    expect(find("W08", { snapshot: ipvs, flows: [kept] }).status).toBe("ok");
    const quiet = serviceFlow(CNI, to, { timer: "none" });
    const finding = find("W08", { snapshot: ipvs, flows: [kept, quiet] });
    expect(finding).toMatchObject({
      status: "warn",
      summary: "1 of 2 connections through IPVS has no TCP keepalive",
    });
    expect(finding.next).toContain("ipvsadm -l --timeout");
  });

  test("that go straight to an ENI are not through it", () => {
    const flows = [directFlow(KUBELET, ENI_ONE, "eni", { timer: "none" })];
    expect(find("W08", { snapshot: ipvs, flows }).status).toBe("skip");
  });
});

describe("W09, what comes in from the control plane", () => {
  test("is told with the ENI and the API server", () => {
    const finding = find("W09");
    expect(finding).toMatchObject({
      status: "ok",
      summary: `the control plane comes in from ${ENI_ONE} to kubelet's port 10250`,
    });
    expect(finding.details[0]).toMatch(/^10\.0\.20\.41 \(eni-\w+, ip-172-16-57-254\..*\): 1 conn/);
  });

  test("is no trouble where nothing does, and is not mistaken for a metrics collector", () => {
    const none = find("W09", { flows: [] });
    expect(none.status).toBe("skip");
    expect(none.summary).toContain("no connection of the control plane to port 10250 is open");
    const other = inboundFlow("10.0.33.4", "unknown");
    expect(find("W09", { flows: [other] }).status).toBe("skip");
    expect(find("W09", { flows: [other, inboundFlow(ENI_ONE, "eni")] }).details.at(-1)).toBe(
      "others at that port: 10.0.33.4",
    );
  });

  test("is nothing that comes in to a pod at the same port, as metrics-server has it", () => {
    const flow = inboundFlow(ENI_ONE, "eni");
    const namespaces = [
      { id: "host", sockets: known([]) },
      { id: "net:[4026532840]", sockets: known([flow.socket]) },
    ];
    expect(find("W09", { snapshot: { namespaces }, flows: [flow] }).status).toBe("skip");
  });

  test("says so where nothing listens, and where the ENIs are not known", () => {
    const snapshot = { namespaces: [{ id: "host", sockets: known([]) }] };
    expect(find("W09", { snapshot, flows: [] }).summary).toBe("nothing listens at port 10250 here");
    const enis = notRead("denied");
    const flows = [inboundFlow(ENI_ONE, "unknown")];
    expect(find("W09", { flows, controlPlane: { enis } }).status).toBe("unknown");
  });
});
