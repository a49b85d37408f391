import { describe, expect, test } from "vitest";
import { known, skipped } from "../../../../src/model/fact.ts";
import {
  at,
  CLUSTER_IP,
  CNI,
  directFlow,
  ENI_ONE,
  ENI_TWO,
  enisAt,
  FORMER_ENI,
  find,
  ipvsTo,
  KUBELET,
  NO_RIGHT_TO_RULES,
  notRead,
  READ_AT,
  rulesTo,
  serviceFlow,
  textOf,
} from "../../../support/node-world.ts";

const BOTH = [ENI_ONE, ENI_TWO];

describe("W01, where the ClusterIP leads", () => {
  test("is well where the rules lead to every ENI and to nothing else", () => {
    expect(find("W01")).toMatchObject({
      status: "ok",
      summary: `${CLUSTER_IP} leads to 10.0.20.41, 10.0.95.229, the cluster's ENIs`,
    });
  });

  test("fails by a target that is no ENI, names it, its share and the ENI that is left out", () => {
    const nat = known([rulesTo([ENI_ONE, FORMER_ENI])]);
    const finding = find("W01", { snapshot: { nat } });
    expect(finding).toMatchObject({
      status: "fail",
      side: "local",
      summary: `${CLUSTER_IP} leads to ${FORMER_ENI}, which is no ENI of the cluster`,
      addresses: [`${FORMER_ENI}:443`],
    });
    expect(finding.details[0]).toMatch(/^10\.0\.61\.7: gets 50% of new connections \(KUBE-SEP-/);
    expect(finding.details[1]).toMatch(/^10\.0\.95\.229 \(eni-\w+\): no rule leads there$/);
    expect(finding.next).toMatch(
      /^kubectl -n kube-system delete pod -l k8s-app=kube-proxy --field-selector spec\.nodeName=ip-10-0-105-163\.ap-northeast-2\.compute\.internal {3}# /,
    );
  });

  test("says so where not one target is an ENI", () => {
    const nat = known([rulesTo([FORMER_ENI, "10.0.62.8"])]);
    expect(find("W01", { snapshot: { nat } }).summary).toBe(
      `${CLUSTER_IP} leads to ${FORMER_ENI}, 10.0.62.8, which are no ENIs of the cluster, and to none that is`,
    );
  });

  test("names two addresses of the service in the plural", () => {
    const external = { ...rulesTo(BOTH), service: at("203.0.113.7") };
    expect(find("W01", { snapshot: { nat: known([rulesTo(BOTH), external]) } }).summary).toBe(
      `${CLUSTER_IP}, 203.0.113.7 lead to 10.0.20.41, 10.0.95.229, the cluster's ENIs`,
    );
  });

  test("only warns of an ENI that no rule leads to: during an update it is not in service yet", () => {
    const nat = known([rulesTo([ENI_ONE])]);
    expect(find("W01", { snapshot: { nat } })).toMatchObject({
      status: "warn",
      summary: `${CLUSTER_IP} never leads to ${ENI_TWO}, which the cluster has`,
    });
  });

  test("does not know without the right to the rules, and names the right", () => {
    const finding = find("W01", { snapshot: { nat: NO_RIGHT_TO_RULES } });
    expect(finding).toMatchObject({ status: "unknown", side: "local" });
    expect(finding.summary).toContain("CAP_NET_ADMIN");
    expect(finding.next).toContain("sudo eks-probe node");
  });

  test("does not know without the ENIs, and a rule is then not held for wrong", () => {
    const enis = notRead("ec2:DescribeNetworkInterfaces is denied");
    const finding = find("W01", { controlPlane: { enis } });
    expect(finding.status).toBe("unknown");
    expect(finding.summary).toContain("ec2:DescribeNetworkInterfaces is denied");
    expect(finding.next).toContain("--map");
    expect(find("W01", { controlPlane: { enis: known([]) } }).status).toBe("unknown");
  });

  test("is skipped where nobody was asked for the ENIs", () => {
    const enis = skipped("--no-probe");
    expect(find("W01", { controlPlane: { enis } })).toMatchObject({
      status: "skip",
      summary: "the cluster's ENIs are not known: --no-probe",
    });
  });

  test("does not compare IPv6 targets with ENIs that are known by IPv4", () => {
    const nat = known([rulesTo(["2600:1f13:8:4e00::29"], { service: at("fd00:10::1") })]);
    expect(find("W01", { snapshot: { nat } }).status).toBe("unknown");
  });

  test("only warns by a map that is hours away from when the worker was read", () => {
    const nat = known([rulesTo([ENI_ONE, FORMER_ENI])]);
    const map = (startedAt: string) =>
      find("W01", {
        snapshot: { nat },
        controlPlane: { source: { kind: "map", file: "run.json", startedAt } },
      });
    expect(map(READ_AT).status).toBe("fail");
    expect(map(READ_AT).details.at(-1)).toBe(
      "the ENIs are those of run.json, as of 2023-04-21 15:41:31Z",
    );
    const old = map("2023-04-20T15:41:31.000Z");
    expect(old.status).toBe("warn");
    expect(old.next).toContain("eks-probe endpoints --cluster gonz-eks-pub -o json");
  });

  test("puts no host name into a command that is none", () => {
    const nat = known([rulesTo([FORMER_ENI])]);
    const { next } = find("W01", { snapshot: { nat, hostname: "x; rm -rf ~" } });
    expect(next).toContain("spec.nodeName=NODE ");
  });
});

describe("W02, that the ClusterIP has rules", () => {
  const none = { nat: known([]) };

  test("names the back end and the chain", () => {
    expect(find("W02")).toMatchObject({
      status: "ok",
      summary: `${CLUSTER_IP} is translated by iptables-nft (KUBE-SVC-NPX46M4PTMTKRN6Y)`,
    });
  });

  test("fails where kube-proxy runs and wrote none", () => {
    const finding = find("W02", { snapshot: none });
    expect(finding).toMatchObject({
      status: "fail",
      summary: `no rule translates ${CLUSTER_IP}, though kube-proxy runs here`,
    });
    expect(finding.next).toContain("k8s-app=kube-proxy");
  });

  test("is skipped where nothing on this worker uses the ClusterIP", () => {
    const snapshot = { ...none, processes: [KUBELET] };
    const flows = [directFlow(KUBELET, ENI_ONE, "eni")];
    expect(find("W02", { snapshot, flows }).status).toBe("skip");
  });

  test("fails where a client waits for it and no kube-proxy was seen", () => {
    const snapshot = { ...none, processes: [CNI] };
    const flows = [serviceFlow(CNI, undefined, { state: "syn-sent", timer: "retransmit" })];
    expect(find("W02", { snapshot, flows })).toMatchObject({
      status: "fail",
      summary: `no rule translates ${CLUSTER_IP}, and no kube-proxy was seen`,
    });
  });

  test("only warns where connections are open without a rule and without kube-proxy: eBPF may do it", () => {
    const snapshot = { ...none, processes: [CNI] };
    const flows = [serviceFlow(CNI, undefined)];
    const finding = find("W02", { snapshot, flows });
    expect(finding.status).toBe("warn");
    expect(textOf(finding)).toContain("Cilium");
  });

  test("fails where there are rules that lead to nobody", () => {
    const nat = known([
      rulesTo([], { oddities: ["has no endpoints here: new connections are refused"] }),
    ]);
    const finding = find("W02", { snapshot: { nat } });
    expect(finding).toMatchObject({
      status: "fail",
      summary: `the rules for ${CLUSTER_IP} lead to no API server`,
    });
    expect(finding.details[0]).toContain("new connections are refused");
  });

  test("sends to where the tools are, where not the right is missing but a tool", () => {
    const line = "rules of NAT: nft is not installed where this runs, and nothing else shows them";
    expect(find("W02", { snapshot: { ...none, blind: [line] } })).toMatchObject({
      status: "unknown",
      next: "sudo eks-probe node   # on the worker itself, or in a pod whose image has iptables and nft",
    });
    const nat = notRead("neither iptables-save nor nft is installed where this runs");
    expect(find("W01", { snapshot: { nat } }).next).toContain("whose image has iptables and nft");
  });

  test("does not hold rules for missing that it had no right to see", () => {
    const line = "rules of NAT: root or CAP_NET_ADMIN would show those of iptables and nftables";
    const finding = find("W02", { snapshot: { ...none, blind: [line] } });
    expect(finding).toMatchObject({ status: "unknown", summary: line });
    expect(find("W02", { snapshot: { nat: NO_RIGHT_TO_RULES } })).toMatchObject({
      status: "skip",
      summary: "the rules of NAT could not be read (W01)",
    });
  });

  test("does not know which service of IPVS it is without the ClusterIP", () => {
    const snapshot = { nat: known([ipvsTo(BOTH)]), serviceAddresses: [] };
    const service = skipped("nothing says it");
    expect(find("W02", { snapshot, controlPlane: { service } }).status).toBe("unknown");
    expect(find("W02", { snapshot }).status).toBe("ok");
  });
});

describe("W03, the shares of the API servers", () => {
  test("are well where each gets the same and none is lost", () => {
    expect(find("W03")).toMatchObject({
      status: "ok",
      summary: `${CLUSTER_IP} leads to 10.0.20.41 50%, 10.0.95.229 50%`,
    });
    // As iptables-save writes a third.
    const thirds = rulesTo(
      [...BOTH, "10.0.7.9"],
      {},
      [0.33333333349, 0.33333333326, 0.33333333325],
    );
    expect(find("W03", { snapshot: { nat: known([thirds]) } }).status).toBe("ok");
  });

  test("fail where they do not add up", () => {
    const nat = known([rulesTo(BOTH, {}, [0.5, 0.25])]);
    expect(find("W03", { snapshot: { nat } })).toMatchObject({
      status: "fail",
      summary: `${CLUSTER_IP}: the probabilities add up to 75%: the rest is led nowhere`,
    });
  });

  test("fail where the rules say themselves that connections are led nowhere, and tell it once", () => {
    const oddities = ["25% of new connections are led to no target"];
    const nat = known([rulesTo(BOTH, { oddities }, [0.5, 0.25])]);
    const finding = find("W03", { snapshot: { nat } });
    expect(finding).toMatchObject({
      status: "fail",
      summary: `${CLUSTER_IP}: 25% of new connections are led to no target`,
      details: [],
    });
  });

  test("fail where nothing leads pods to them", () => {
    const oddities = [
      "nothing leads to KUBE-SERVICES before routing: connections of pods are not translated",
    ];
    const nat = known([rulesTo(BOTH, { oddities })]);
    expect(find("W03", { snapshot: { nat } }).status).toBe("fail");
  });

  test("are a warning where they are uneven, or a chain is not as kube-proxy names it", () => {
    const uneven = known([rulesTo(BOTH, {}, [0.75, 0.25])]);
    expect(find("W03", { snapshot: { nat: uneven } })).toMatchObject({
      status: "warn",
      summary: `${CLUSTER_IP}: new connections are not spread evenly: 10.0.20.41 75%, 10.0.95.229 25%`,
    });
    const odd = known([rulesTo(BOTH, { oddities: ["KUBE-SVC-X is not the chain of y"] })]);
    expect(find("W03", { snapshot: { nat: odd } }).status).toBe("warn");
  });

  test("are not called uneven where IPVS goes by load, and tells no share", () => {
    const service = ipvsTo(BOTH);
    const targets = service.targets.map((target) => ({ ...target, probability: undefined }));
    const nat = known([{ ...service, targets }]);
    expect(find("W03", { snapshot: { nat } })).toMatchObject({
      status: "ok",
      summary: `${CLUSTER_IP} leads to 10.0.20.41, 10.0.95.229`,
    });
  });

  test("are not called uneven where IPVS goes by weights, which somebody set", () => {
    const service = ipvsTo(BOTH);
    const targets = service.targets.map((target, index) => ({
      ...target,
      probability: index === 0 ? 0.75 : 0.25,
    }));
    const nat = known([{ ...service, targets }]);
    expect(find("W03", { snapshot: { nat } })).toMatchObject({
      status: "ok",
      summary: `${CLUSTER_IP} leads to 10.0.20.41 75%, 10.0.95.229 25%`,
    });
  });

  test("are a warning where two back ends translate the same address", () => {
    const nat = known([rulesTo(BOTH), rulesTo(BOTH, { backend: "iptables-legacy" })]);
    expect(find("W03", { snapshot: { nat } })).toMatchObject({
      status: "warn",
      summary: `${CLUSTER_IP}: iptables-nft and iptables-legacy have rules for it: one of them is left over`,
      next: "sudo iptables-nft-save -t nat; sudo iptables-legacy-save -t nat   # which is it that kube-proxy writes? Its restart leaves the other there, and a reboot of the node clears it",
    });
    const withNft = known([rulesTo(BOTH), rulesTo(BOTH, { backend: "nftables" })]);
    expect(find("W03", { snapshot: { nat: withNft } }).next).toContain(
      "delete pod -l k8s-app=kube-proxy",
    );
  });

  test("are skipped without rules, which others tell", () => {
    expect(find("W03", { snapshot: { nat: known([]) } }).status).toBe("skip");
    expect(find("W03", { snapshot: { nat: NO_RIGHT_TO_RULES } }).status).toBe("skip");
    const nat = skipped("the capture has no rules of NAT");
    expect(find("W03", { snapshot: { nat } }).summary).toBe("the capture has no rules of NAT");
  });
});

test("ENIs of any order and number are compared as sets", () => {
  const nat = known([rulesTo([ENI_TWO, ENI_ONE, ENI_ONE])]);
  const enis = enisAt([ENI_TWO, ENI_ONE]);
  expect(find("W01", { snapshot: { nat }, controlPlane: { enis } }).status).toBe("ok");
});
