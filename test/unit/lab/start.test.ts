import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Scenario } from "../../../src/lab/scenario.ts";
import { scenario } from "../../../src/lab/scenarios/base.ts";
import { GONZ_EKS_BOTH, GONZ_EKS_PUB } from "../../../src/lab/scenarios/clusters.ts";
import { type Lab, startLab } from "../../../src/lab/start.ts";
import { decode, exchangeUdp, question, rcodeOf } from "../../support/dns-client.ts";

const labs: Lab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

async function start(more: Partial<Scenario>): Promise<Lab> {
  const lab = await startLab(scenario("test", "for a test", more));
  labs.push(lab);
  return lab;
}

/** What each resolver answers, in the order in which clients are told of them. */
async function answersOf(lab: Lab, name: string): Promise<readonly string[]> {
  const replies = lab.dns.map(({ port }) => exchangeUdp(port, question(name), 60));
  return (await Promise.all(replies)).map((reply) => {
    if (reply === undefined) return "silence";
    const ips = (decode(reply).answers ?? []).flatMap((answer) =>
      "data" in answer && typeof answer.data === "string" ? answer.data : [],
    );
    return ips.length > 0 ? ips.toSorted().join(" ") : `rcode ${rcodeOf(reply)}`;
  });
}

describe("the resolvers of a scenario", () => {
  const name = GONZ_EKS_BOTH.endpointHost;
  const [vips, enis] = ["13.124.61.17 15.164.210.44", "10.0.21.77 10.0.88.140"];

  it("are each as good or as bad as the scenario says of it", async () => {
    const clusters = [GONZ_EKS_BOTH];
    const faulty = await start({ clusters, dnsFaults: { outside: "never" } });
    expect(await answersOf(faulty, name)).toEqual([enis, "silence"]);
    const both = await start({ clusters, dnsFault: "servfail", dnsFaults: { inside: "nodata" } });
    expect(await answersOf(both, name)).toEqual(["rcode 0", "rcode 2"]);
    const proper = await start({ clusters });
    expect(await answersOf(proper, name)).toEqual([enis, vips]);
  });

  it("are two where one of them is at fault, though they know the same", async () => {
    const lab = await start({ dnsFaults: { inside: "nxdomain" } });
    expect(await answersOf(lab, GONZ_EKS_PUB.endpointHost)).toEqual([
      "rcode 3",
      "43.200.53.253 52.79.39.107",
    ]);
    expect(lab.environment["EKS_PROBE_RESOLVER"]?.split(" ")).toHaveLength(2);
  });
});

/** Of the last rule, which is for everything that the others are not for. */
function catchAllPort(lab: Lab): number {
  return Number(/ ::127\.0\.0\.1:(\d+)$/.exec(lab.environment["EKS_PROBE_CONNECT_TO"] ?? "")?.[1]);
}

describe("an address that the scenario has no front for", () => {
  it("is counted as one that would have left the machine", async () => {
    const lab = await start({});
    const socket = connect(catchAllPort(lab), "127.0.0.1");
    await once(socket, "close").catch(() => undefined);
    expect(lab.strayConnections()).toBe(1);
  });

  it("is silent where the scenario says that nothing leads there, and not counted", async () => {
    const lab = await start({ catchAll: "drop" });
    const socket = connect(catchAllPort(lab), "127.0.0.1");
    const made = once(socket, "connect").then(() => "connected");
    expect(await Promise.race([made, sleep(120, "silence")])).toBe("silence");
    socket.destroy();
    made.catch(() => undefined);
    expect(lab.strayConnections()).toBe(0);
  });
});
