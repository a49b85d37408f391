import { describe, expect, it } from "vitest";
import { known, unknown } from "../../../../src/model/fact.ts";
import type { Failure } from "../../../../src/model/failure.ts";
import { makeRequest } from "../../../../src/target/request.ts";
import { type KnownAddresses, knowAddresses } from "../../../../src/watch/take/known.ts";
import { makeEni, named } from "../../../support/snapshots.ts";

const REQUEST = makeRequest("gonz-eks-pub");

const SILENT: Failure = { code: "dns-timeout", phase: "dns", side: "network", message: "silent" };

const THROTTLED: Failure = {
  code: "throttled",
  phase: "describe-enis",
  side: "aws",
  message: "Rate exceeded",
};

function idsOf(addresses: KnownAddresses): readonly string[] {
  return addresses.named(443).map(({ id }) => id);
}

describe("the addresses that a watch knows", () => {
  it("are those of the latest answer, and a failed one changes nothing", () => {
    const addresses = knowAddresses(REQUEST);
    addresses.learnName(named(["3.36.0.1"]));
    addresses.learnName(named(["3.36.0.2"]));
    addresses.learnName(named([], { type: "A", answer: { kind: "failed", failure: SILENT } }));
    expect(idsOf(addresses)).toEqual(["3.36.0.2:443"]);
  });

  it.each([
    ["denies the name", { kind: "failed", failure: { ...SILENT, code: "dns-nxdomain" } }],
    ["has no such record", { kind: "nodata" }],
  ] as const)("are none of a resolver that %s, for that is an answer", (_, answer) => {
    const addresses = knowAddresses(REQUEST);
    addresses.learnName(named(["3.36.0.1"]));
    addresses.learnName(named([], { type: "A", answer }));
    expect(idsOf(addresses)).toEqual([]);
  });

  it("are told apart by resolver and type: what one denies another may still name", () => {
    const addresses = knowAddresses(REQUEST);
    addresses.learnName(named(["3.36.0.1"]));
    addresses.learnName(named(["2406:da12::1"]));
    addresses.learnName(
      named([], { resolver: { kind: "server", ip: "10.0.0.3", port: 53, system: false } }),
    );
    expect(idsOf(addresses)).toEqual(["3.36.0.1:443", "[2406:da12::1]:443"]);
  });

  it("are the ENIs of the latest list that could be had", () => {
    const addresses = knowAddresses(REQUEST);
    addresses.learnEnis(known([makeEni("10.0.20.41")]));
    addresses.learnEnis(unknown(THROTTLED));
    expect(idsOf(addresses)).toEqual(["10.0.20.41:443"]);
    addresses.learnEnis(known([]));
    expect(idsOf(addresses)).toEqual([]);
  });

  it("are remembered as they were named, when nobody names them any more", () => {
    const addresses = knowAddresses(REQUEST);
    addresses.learnEnis(known([makeEni("10.0.20.41")]));
    addresses.named(443);
    addresses.learnEnis(known([]));
    expect(addresses.remembers("10.0.20.41:443")).toBe(true);
    expect(addresses.byId("10.0.20.41:443").kind).toBe("eni");
  });

  it("are made up from a record's id, of either family", () => {
    const addresses = knowAddresses(REQUEST);
    expect(addresses.remembers("[2406:da12::1]:443")).toBe(false);
    expect(addresses.byId("[2406:da12::1]:443")).toMatchObject({
      id: "[2406:da12::1]:443",
      ip: "2406:da12::1",
      port: 443,
      family: 6,
    });
    expect(addresses.byId("10.0.20.41:8443")).toMatchObject({ ip: "10.0.20.41", port: 8443 });
  });

  it("are not remembered without end, and the oldest goes first", () => {
    const addresses = knowAddresses(REQUEST);
    for (let n = 0; n < 2_100; n += 1) {
      addresses.learnName(named([`3.36.${Math.floor(n / 250)}.${n % 250}`]));
      addresses.named(443);
    }
    expect(addresses.remembers("3.36.0.0:443")).toBe(false);
    expect(addresses.remembers("3.36.8.99:443")).toBe(true);
  });
});
