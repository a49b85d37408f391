import { afterEach, describe, expect, it } from "vitest";
import { READER, VIEWER } from "../../../../src/lab/scenarios/base.ts";
import { CERTAINTY_SCENARIOS } from "../../../../src/lab/scenarios/certainty.ts";
import { type Lab, startLab } from "../../../../src/lab/start.ts";
import { getFromLab, type LabAnswer } from "../../../support/lab-client.ts";
import { presignIdentity, tokenOf } from "../../../support/lab-signer.ts";

const labs: Lab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

async function start(name: string): Promise<Lab> {
  const scenario = CERTAINTY_SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const lab = await startLab(scenario);
  labs.push(lab);
  return lab;
}

/** One request through one of the lab's addresses, with a token of the principal, or with none. */
async function ask(
  lab: Lab,
  ip: string,
  path: string,
  principal: typeof READER | undefined,
): Promise<LabAnswer> {
  const [cluster] = lab.scenario.clusters;
  const front = lab.fronts.find((candidate) => candidate.ip === ip);
  if (cluster === undefined || front === undefined) throw new Error(`${ip} leads nowhere`);
  const change = { signedAtMs: Date.now(), clusterName: cluster.name };
  const headers =
    principal === undefined
      ? {}
      : { authorization: `Bearer ${tokenOf(await presignIdentity(principal, change))}` };
  return getFromLab({
    front,
    ca: lab.certificateAuthorities.get(cluster.name) ?? "",
    servername: cluster.endpointHost.toLowerCase(),
    httpVersion: "2",
    path,
    headers,
  });
}

const VIP_ONE = "43.200.53.253";
const VIP_TWO = "52.79.39.107";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

interface List {
  readonly items: readonly {
    readonly spec: { readonly renewTime: string };
    readonly endpoints: readonly { readonly addresses: readonly string[] }[];
  }[];
}

function itemsOf(answer: LabAnswer): List["items"] {
  const list: List = JSON.parse(answer.body);
  return list.items;
}

const agesOf = (answer: LabAnswer): readonly number[] =>
  itemsOf(answer)
    .map(({ spec }) => Math.round((Date.now() - Date.parse(spec.renewTime)) / 60_000) + 0)
    .toSorted((a, b) => a - b);

/** Adding nothing makes a zero without a sign. */
function minutesAhead(answer: LabAnswer | undefined): number {
  return Math.round((Date.parse(String(answer?.headers["date"])) - Date.now()) / 60_000) + 0;
}

describe("the scenarios of certainty", () => {
  it("hidden-server: three live Leases and a dead one; two servers behind the addresses", async () => {
    const lab = await start("hidden-server");
    const leases = await ask(lab, VIP_ONE, LEASES, READER);
    expect(agesOf(leases)).toEqual([0, 0, 0, 25]);
    expect(leases.body).toBe((await ask(lab, VIP_TWO, LEASES, READER)).body);
    const addresses = lab.fronts.map(({ ip }) => ask(lab, ip, "/api", READER));
    const bodies = (await Promise.all(addresses)).map(({ body }) => body);
    expect(new Set(bodies).size).toBe(2);
    expect(bodies.join("")).not.toContain("172-16-98-23");
    expect(leases.body).toContain("172-16-98-23");
  });

  it("no-rbac: the map works, and both lists are refused", async () => {
    const lab = await start("no-rbac");
    expect(lab.environment["AWS_ACCESS_KEY_ID"]).toBe(VIEWER.accessKeyId);
    expect((await ask(lab, VIP_ONE, "/api", VIEWER)).status).toBe(200);
    expect((await ask(lab, VIP_ONE, LEASES, VIEWER)).status).toBe(403);
    const refused = await ask(lab, VIP_ONE, SLICES, VIEWER);
    expect(refused.body).toContain('endpointslices.discovery.k8s.io is forbidden: User \\"lab\\"');
  });

  it("anonymous-only: no credentials in the environment, and what anyone may read", async () => {
    const lab = await start("anonymous-only");
    expect(Object.keys(lab.environment)).not.toContain("AWS_ACCESS_KEY_ID");
    const statuses = ["/version", "/readyz", "/api"].map(
      async (path) => (await ask(lab, VIP_ONE, path, undefined)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 403]);
    expect((await ask(lab, VIP_ONE, "/version", READER)).status).toBe(401);
  });

  it("clock-skew: one Date and one Lease are ahead, and a fresh token is good on both", async () => {
    const lab = await start("clock-skew");
    const [one, two] = await Promise.all(
      [VIP_ONE, VIP_TWO].map((ip) => ask(lab, ip, LEASES, READER)),
    );
    expect([minutesAhead(one), minutesAhead(two)]).toEqual([0, 5]);
    expect(two).toMatchObject({ status: 200, body: one?.body });
    expect(agesOf(two ?? { status: 0, headers: {}, body: "" })).toEqual([-5, 0]);
  });

  it("slices-lag: the list has an ENI that is gone, which is refused and leads nowhere", async () => {
    const lab = await start("slices-lag");
    const [slice] = itemsOf(await ask(lab, VIP_ONE, SLICES, READER));
    const listed = slice?.endpoints.flatMap(({ addresses }) => addresses);
    expect(listed).toEqual(["10.0.20.41", "10.0.33.7"]);
    await expect(ask(lab, "10.0.33.7", "/api", READER)).rejects.toThrow("ECONNREFUSED");
    expect((await ask(lab, "10.0.95.229", "/api", READER)).status).toBe(200);
    expect(lab.strayConnections()).toBe(0);
  });

  it("inspection: the VIPs alone show a certificate of another CA", async () => {
    const lab = await start("inspection");
    await expect(ask(lab, VIP_ONE, "/version", READER)).rejects.toThrow(/certificate/);
    expect((await ask(lab, "10.0.20.41", "/version", READER)).status).toBe(200);
  });

  it("unequal: twenty connections see one server, a hundred see the other one as well", async () => {
    const lab = await start("unequal");
    const meet = async (connections: number): Promise<number> => {
      const asked = Array.from({ length: connections }, () => ask(lab, VIP_ONE, "/api", READER));
      return new Set((await Promise.all(asked)).map(({ body }) => body)).size;
    };
    expect(await meet(20)).toBe(1);
    expect(await meet(80)).toBe(2);
  });
});
