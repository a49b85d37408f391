import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../src/lab/apiserver/answers.ts";
import type { Requester } from "../../../../src/lab/apiserver/authenticate.ts";
import { answerRequest } from "../../../../src/lab/apiserver/router.ts";
import type { LabCluster, LabServer } from "../../../../src/lab/scenario.ts";
import { FIELD_CLUSTER } from "../../../support/lab-servers.ts";

const ANON: Requester = { kind: "anonymous" };
const BAD: Requester = { kind: "denied" };
const VALID: Requester = { kind: "user", name: "lab", groups: [] };
const ADMIN: Requester = { kind: "user", name: "boss", groups: ["system:masters"] };

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
const ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes";

const [first, second] = FIELD_CLUSTER.servers;
if (first === undefined || second === undefined) throw new Error("two servers are needed");
const FIRST: LabServer = first;
const SECOND: LabServer = second;
const STARTED_MS = Date.UTC(2026, 10, 22, 8, 27, 9);

/** What differs from the usual: the cluster, the server asked, the other server. */
interface World {
  readonly cluster?: Partial<LabCluster>;
  readonly server?: Partial<LabServer>;
  readonly other?: Partial<LabServer>;
}

/** The answer of the first server, 25 seconds after the start. */
function inWorld(world: World, target: string, requester: Requester = ADMIN): Answer {
  const [path = "", query = ""] = target.split("?");
  const server = { ...FIRST, ...world.server };
  const servers = [server, { ...SECOND, ...world.other }];
  return answerRequest(
    {
      method: "GET",
      path,
      query,
      accept: undefined,
      forwardedFor: undefined,
      remoteIp: "127.0.0.1",
      contentType: undefined,
      body: "",
    },
    requester,
    {
      cluster: { ...FIELD_CLUSTER, servers, ...world.cluster },
      server,
      startedAtMs: STARTED_MS,
      nowMs: STARTED_MS + 25_000,
    },
  );
}

interface ListItem {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly renewTime: string };
}

function itemsOf(given: Answer): readonly ListItem[] {
  const list: { readonly items: readonly ListItem[] } = JSON.parse(given.body);
  return list.items;
}

function leases(world: World): readonly ListItem[] {
  return itemsOf(inWorld(world, LEASES));
}

describe("the Leases of a scenario", () => {
  const OTHER_NAME = "apiserver-g64vheqqp7lbyjzirqpmkkn3ie";

  it("are the same whichever server is asked, as they come from one store", () => {
    const asked = inWorld({}, LEASES).body;
    const swapped = { server: SECOND, other: FIRST };
    expect(inWorld(swapped, LEASES).body).toBe(asked);
  });

  it("lack a server's that has none, and keep one that was last renewed 50 minutes before", () => {
    expect(leases({ other: { lease: "none" } })).toMatchObject([
      { metadata: { name: "apiserver-plbpkq7sicazjpkm33b52ykqxq" } },
    ]);
    expect(leases({ other: { lease: "stale" } })).toMatchObject([
      { metadata: { name: OTHER_NAME }, spec: { renewTime: "2026-11-22T07:37:09.000000Z" } },
      { spec: { renewTime: "2026-11-22T08:27:29.000000Z" } },
    ]);
  });

  it("keep their name over a restart in the modern form: the holder's uuid alone is another", () => {
    const [before] = leases({});
    const [after, ...others] = leases({ other: { restarted: true } });
    expect(others).toHaveLength(1);
    expect(after?.metadata).toEqual(before?.metadata);
    const holder = expect.stringMatching(new RegExp(`^${OTHER_NAME}_[0-9a-f-]{36}$`));
    expect(after).toMatchObject({ spec: { holderIdentity: holder } });
    expect(after?.spec).not.toEqual(before?.spec);
  });

  it("in the form of 1.20 are named by chance, and a restart leaves the old one behind", () => {
    const cluster = { leaseForm: "uuid" } as const;
    const before = leases({ cluster });
    const after = leases({ cluster, other: { restarted: true } });
    expect(before).toHaveLength(2);
    expect(after).toHaveLength(3);
    for (const { metadata, spec } of after) {
      const { name } = metadata;
      expect(name).toMatch(/^kube-apiserver-[0-9a-f-]{36}$/);
      expect(metadata).toMatchObject({ labels: { "k8s.io/component": "kube-apiserver" } });
      expect(spec).toMatchObject({ holderIdentity: name });
    }
    const times = after.map(({ spec }) => spec.renewTime).toSorted();
    expect(times).toEqual([
      "2026-11-22T08:16:59.000000Z",
      "2026-11-22T08:27:29.000000Z",
      "2026-11-22T08:27:29.000000Z",
    ]);
    const names = (of: typeof after) => of.map(({ metadata }) => metadata);
    // The process before the restart is the one that an unchanged cluster still has.
    expect(names(after)).toEqual(expect.arrayContaining([...names(before)]));
  });

  it("of the dead linger with the time of their last renewal, under their own names", () => {
    const host = "ip-172-16-12-140.ap-northeast-2.compute.internal";
    const world = { cluster: { deadLeases: [{ host, ageSeconds: 1500 }] } };
    const dead = leases(world).filter((lease) => JSON.stringify(lease).includes(host));
    expect(leases(world)).toHaveLength(3);
    expect(dead).toMatchObject([
      {
        metadata: { name: expect.stringMatching(/^apiserver-[a-z2-7]{26}$/) },
        spec: { renewTime: "2026-11-22T08:02:09.000000Z" },
      },
    ]);
  });

  it("carry the time of the clock of the server that renews, not of the one that is asked", () => {
    const renewed = leases({ other: { clockSkewSeconds: 300 } });
    expect(renewed).toMatchObject([
      { metadata: { name: OTHER_NAME }, spec: { renewTime: "2026-11-22T08:32:29.000000Z" } },
      { spec: { renewTime: "2026-11-22T08:27:29.000000Z" } },
    ]);
    expect(leases({ server: { clockSkewSeconds: -60 } })).toMatchObject([
      { spec: { renewTime: "2026-11-22T08:27:29.000000Z" } },
      { spec: { renewTime: "2026-11-22T08:26:29.000000Z" } },
    ]);
  });
});

describe("the endpoints of a scenario", () => {
  it("are what it says, in both forms, and every server's ENI when it says nothing", () => {
    const cluster = { endpointIps: ["10.0.33.7", "10.0.20.41"] };
    expect(itemsOf(inWorld({ cluster }, SLICES))).toMatchObject([
      { endpoints: [{ addresses: ["10.0.20.41"] }, { addresses: ["10.0.33.7"] }] },
    ]);
    expect(JSON.parse(inWorld({ cluster }, ENDPOINTS).body)).toMatchObject({
      subsets: [{ addresses: [{ ip: "10.0.20.41" }, { ip: "10.0.33.7" }] }],
    });
    expect(itemsOf(inWorld({}, SLICES))).toMatchObject([
      { endpoints: [{ addresses: ["10.0.20.41"] }, { addresses: ["10.0.95.229"] }] },
    ]);
  });

  it.each([
    ["v1", [200, 404], ["v1"]],
    ["v1beta1", [404, 200], ["v1beta1"]],
    ["none", [404, 404], undefined],
  ] as const)("are in EndpointSlices at %s alone, in /apis too", (served, expected, listed) => {
    const world = { cluster: { hasEndpointSlices: served } };
    const paths = [SLICES, SLICES.replace("v1/", "v1beta1/")];
    expect(paths.map((path) => inWorld(world, path).status)).toEqual(expected);
    expect(inWorld(world, ENDPOINTS).status).toBe(200);
    const { groups }: { groups: { name: string; versions: { version: string }[] }[] } = JSON.parse(
      inWorld(world, "/apis", VALID).body,
    );
    const slices = groups.find(({ name }) => name === "discovery.k8s.io");
    expect(slices?.versions.map(({ version }) => version)).toEqual(listed);
  });
});

describe("one server that differs", () => {
  it("has its own version, and the rules that go with it", () => {
    const upgraded = { server: { version: "1.32" } };
    const versionIn = (world: World): unknown => JSON.parse(inWorld(world, "/version").body);
    expect(versionIn(upgraded)).toMatchObject({
      minor: "32+",
      gitVersion: expect.stringMatching(/^v1\.32\.3-eks-[0-9a-f]{7}$/),
    });
    expect(versionIn({ server: { version: "1.32.9" } })).toMatchObject({
      gitVersion: expect.stringMatching(/^v1\.32\.9-eks-[0-9a-f]{7}$/),
    });
    expect(versionIn({ other: { version: "1.32" } })).toMatchObject({ minor: "25+" });
    expect(inWorld(upgraded, "/version", ANON).status).toBe(401);
    expect(inWorld({ other: { version: "1.32" } }, "/version", ANON).status).toBe(200);
  });

  it("reports the host it is told to, and keeps its own in its Lease", () => {
    const world = { server: { reportsAs: SECOND.host } };
    expect(inWorld(world, "/api").body).toContain(`"serverAddress": "${SECOND.host}:443"`);
    expect(itemsOf(inWorld(world, LEASES))).toEqual(itemsOf(inWorld({}, LEASES)));
  });

  it("fails a check in every list that has it, verbose or not, and without an audit id", () => {
    const world = { server: { failingChecks: ["etcd"] } };
    for (const endpoint of ["livez", "readyz", "healthz"]) {
      const verbose = inWorld(world, `/${endpoint}?verbose`, ANON);
      expect(verbose).toMatchObject({ status: 500, auditId: false, nosniff: true });
      expect(verbose.contentType).toBe("text/plain; charset=utf-8");
      expect(verbose.body).toMatch(
        /^\[\+\]ping ok\n\[\+\]log ok\n\[-\]etcd failed: reason withheld\n/,
      );
      expect(verbose.body).toMatch(new RegExp(`\n${endpoint} check failed\n$`));
      expect(verbose.body).not.toContain("[+]etcd");
      expect(inWorld(world, `/${endpoint}`, ANON)).toEqual(verbose);
    }
    expect(inWorld(world, "/livez", BAD).status).toBe(401);
    expect(inWorld({ other: world.server }, "/readyz").body).toBe("ok");
  });

  it("is alive all the same when a check fails that readiness alone has", () => {
    const world = { server: { failingChecks: ["informer-sync"] } };
    expect(inWorld(world, "/readyz").status).toBe(500);
    expect(inWorld(world, "/livez")).toMatchObject({ status: 200, body: "ok", auditId: true });
    const own = { server: { failingChecks: ["kms-provider-0"] } };
    expect(inWorld(own, "/livez").body).toContain("[-]kms-provider-0 failed: reason withheld\n");
  });
});
