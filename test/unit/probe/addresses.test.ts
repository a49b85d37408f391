import { describe, expect, test } from "vitest";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import { collectAddresses, isAskedFor, resolverName } from "../../../src/probe/addresses.ts";
import { awaitsItsName } from "../../../src/probe/plan.ts";
import { placeByInstance, placeVantage } from "../../../src/probe/vantage.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { instanceIn } from "../../support/evidence.ts";
import { makeEni, named, PUB_HOST, PUB_ONE, seen } from "../../support/snapshots.ts";

const ANY = makeRequest("demo");
const ENDPOINT = { url: `https://${PUB_HOST}`, host: PUB_HOST, port: 443 };

const idAtPort = (port: number) =>
  collectAddresses([named(["43.200.53.253"])], known([]), port, ANY)[0]?.id;

const probeFrom = (ip: string) => seen("43.200.53.253", PUB_ONE, { local: { ip, port: 1 } });

describe("collectAddresses", () => {
  test("an address that DNS and an ENI both name is one, with both as its sources", () => {
    const found = collectAddresses(
      [named(["10.0.20.41"]), named(["10.0.20.41"], { resolver: { kind: "system-lookup" } })],
      known([makeEni("10.0.20.41")]),
      443,
      ANY,
    );
    expect(found).toEqual([
      {
        id: "10.0.20.41:443",
        ip: "10.0.20.41",
        port: 443,
        family: 4,
        kind: "eni",
        sources: [
          { kind: "dns", resolver: "10.0.0.2" },
          { kind: "eni", eniId: "eni-10-0-20-41", primary: true },
          { kind: "system-lookup" },
        ],
      },
    ]);
  });

  test("an ENI's further address counts only where somebody hands it out", () => {
    const enis = known([makeEni("10.0.20.41", { otherIps: ["10.0.20.42", "2600:1f16::1"] })]);
    const found = collectAddresses([named(["2600:1f16::1"])], enis, 443, ANY);
    expect(found.map(({ id, kind }) => [id, kind])).toEqual([
      ["10.0.20.41:443", "eni"],
      ["[2600:1f16::1]:443", "eni"],
    ]);
  });

  test("what only the hosts file names is neither VIP nor ENI", () => {
    const hosts = named(["192.0.2.7"], { resolver: { kind: "hosts-file" } });
    expect(collectAddresses([hosts], known([]), 443, ANY).map(({ kind }) => kind)).toEqual([
      "other",
    ]);
  });

  test("-4 and -6 leave the other family out, whoever names it", () => {
    const resolutions = [named(["43.200.53.253"]), named(["2600:1f16::1"])];
    const enis = known([makeEni("10.0.20.41")]);
    const ips = (family: 4 | 6) =>
      collectAddresses(resolutions, enis, 443, makeRequest("demo", { family })).map(({ ip }) => ip);
    expect(ips(4)).toEqual(["43.200.53.253", "10.0.20.41"]);
    expect(ips(6)).toEqual(["2600:1f16::1"]);
  });

  test("the same IP at another port is another address", () => {
    expect([idAtPort(443), idAtPort(8_443)]).toEqual(["43.200.53.253:443", "43.200.53.253:8443"]);
  });

  test("sorts by number and not by text", () => {
    const found = collectAddresses(
      [named(["43.200.53.253", "5.6.7.8", "43.9.0.1"])],
      known([]),
      443,
      ANY,
    );
    expect(found.map(({ ip }) => ip)).toEqual(["5.6.7.8", "43.9.0.1", "43.200.53.253"]);
  });
});

test("--paths decides by who named the address", () => {
  const enis = known([makeEni("10.0.20.41"), makeEni("10.0.95.229")]);
  const [both, eniOnly] = collectAddresses([named(["10.0.20.41"])], enis, 443, ANY);
  const asked = (paths: readonly ("vip" | "eni")[]) =>
    [both, eniOnly].map(
      (address) => address && isAskedFor(address, makeRequest("demo", { paths })),
    );
  expect(asked(["vip"])).toEqual([true, false]);
  expect(asked(["eni"])).toEqual([true, true]);
});

test("an ENI waits for its name only where a rule for that name would lead elsewhere", () => {
  const [eni] = collectAddresses([], known([makeEni("10.0.20.41")]), 443, ANY);
  const waits = (fromHost: string | undefined) =>
    eni &&
    awaitsItsName(
      eni,
      ENDPOINT,
      makeRequest("demo", {
        connectTo: [{ fromHost, fromPort: undefined, toHost: "127.0.0.1", toPort: 1 }],
      }),
    );
  expect([
    waits(PUB_HOST),
    waits("10.0.20.41"),
    waits(undefined),
    waits("other.example.com"),
  ]).toEqual([true, false, false, false]);
});

test("resolvers are named by address, with the port only where it is not 53", () => {
  const server = { kind: "server", ip: "fd00::2", port: 53, system: true } as const;
  expect(resolverName(server)).toBe("fd00::2");
  expect(resolverName({ ...server, port: 5_353 })).toBe("[fd00::2]:5353");
});

describe("placeVantage", () => {
  test("goes by the addresses the kernel chose", () => {
    const place = placeVantage(
      "h",
      ["10.0.0.5", "192.168.0.7"],
      [probeFrom("192.168.0.7")],
      known(["10.0.0.0/16"]),
    );
    expect(place.insideVpc).toBe("no");
  });

  test("goes by the host's own where every connection went over loopback, as through a tunnel", () => {
    const place = placeVantage("h", ["10.0.0.5"], [probeFrom("127.0.0.1")], known(["10.0.0.0/16"]));
    expect([place.insideVpc, place.insideVpcReason]).toEqual([
      "yes",
      "10.0.0.5 is in the VPC's 10.0.0.0/16",
    ]);
  });

  test("does not know without the ranges, nor without an address", () => {
    const denied = unknown({
      code: "access-denied",
      phase: "describe-vpc",
      side: "aws",
      message: "denied",
    });
    expect(placeVantage("h", ["10.0.0.5"], [], denied)).toMatchObject({
      insideVpc: "unknown",
      insideVpcReason: "the VPC's address ranges are not known: denied",
    });
    expect(placeVantage("h", [], [probeFrom("::1")], known(["10.0.0.0/16"])).insideVpc).toBe(
      "unknown",
    );
  });
});

describe("placeByInstance", () => {
  const inRange = placeVantage("h", ["10.0.0.5"], [], known(["10.0.0.0/16"]));
  const outOfRange = placeVantage("h", ["172.18.0.2"], [], known(["10.0.0.0/16"]));

  test("the instance's VPC is the cluster's, though a container's own address is not of it", () => {
    expect(outOfRange.insideVpc).toBe("no");
    expect(placeByInstance(outOfRange, instanceIn("vpc-0a"), "vpc-0a")).toMatchObject({
      insideVpc: "yes",
      insideVpcReason: "this instance, i-0a, is in the cluster's vpc-0a",
      sourceIps: [],
      localIps: ["172.18.0.2"],
    });
  });

  test("an instance of another VPC is outside, though that VPC has the same addresses", () => {
    expect(inRange.insideVpc).toBe("yes");
    expect(placeByInstance(inRange, instanceIn("vpc-0b"), "vpc-0a")).toMatchObject({
      insideVpc: "no",
      insideVpcReason: "this instance, i-0a, is in vpc-0b, the cluster in vpc-0a",
    });
  });

  test("without either VPC's id the addresses stay the evidence", () => {
    expect(placeByInstance(inRange, skipped("not on EC2"), "vpc-0a")).toBe(inRange);
    expect(placeByInstance(inRange, instanceIn("vpc-0b", { vpcId: undefined }), "vpc-0a")).toBe(
      inRange,
    );
    expect(placeByInstance(inRange, instanceIn("vpc-0b"), undefined)).toBe(inRange);
  });
});
