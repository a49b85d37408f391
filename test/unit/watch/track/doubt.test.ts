import { describe, expect, test } from "vitest";
import { DOUBTED_MAX_MS } from "../../../../src/watch/constants.ts";
import { NOTHING_SEEN, track } from "../../../../src/watch/track/track.ts";
import {
  by,
  failing,
  type PathWatch,
  second,
  startPathWatch,
  told,
} from "../../../support/watch-probes.ts";
import {
  dnsAnswer,
  eniSeen,
  INTERVAL_MS,
  probeSeen,
  sampleOf,
  timeOf,
} from "../../../support/watch-samples.ts";

const VIP = "43.200.53.253";
const OTHER = "52.79.39.107";
const ENI = "10.0.20.41";
const REFUSED = failing("tcp-refused");
const others = { [OTHER]: by("B") };

const MISSED = { missedBy: { dns: true, ec2: false } };
const NAMED = { missedBy: { dns: false, ec2: false } };

function started(ip: string): PathWatch {
  const watch = startPathWatch();
  const named = {
    [ip]: ip === ENI ? { eniId: "eni-a", dns: ["10.0.0.2"] } : { dns: ["10.0.0.2"] },
    [OTHER]: { dns: ["10.0.0.2"] },
  };
  watch.rounds(2, { fresh: { [ip]: by("A"), ...others }, named });
  return watch;
}

describe("an address that the latest answer of DNS lacks, and that fails", () => {
  test("is not told to be down, and ends as one that was dropped", () => {
    const watch = started(VIP);
    const fresh = { [VIP]: REFUSED, ...others };
    expect(watch.rounds(5, { fresh, named: { [VIP]: { dns: ["10.0.0.2"], ...MISSED } } })).toEqual(
      [],
    );
    const events = watch.round({ fresh, named: { [VIP]: { dns: [], leftDnsAt: second(20) } } });
    expect(told(events)).toContain(`address-dead ${VIP}`);
    expect(told(events)).not.toContain(`path-down ${VIP}`);
  });

  test("is told to be down since its first failure once DNS names it again", () => {
    const watch = started(VIP);
    const fresh = { [VIP]: REFUSED, ...others };
    watch.rounds(3, { fresh, named: { [VIP]: { dns: ["10.0.0.2"], ...MISSED } } });
    const [event] = watch.round({ fresh, named: { [VIP]: { dns: ["10.0.0.2"], ...NAMED } } });
    expect(event).toMatchObject({ kind: "path-down", at: second(20.01), after: second(10.01) });
  });

  test("is told to be down after a while where DNS says nothing more", () => {
    const watch = started(VIP);
    const fresh = { [VIP]: REFUSED, ...others };
    const named = { [VIP]: { dns: ["10.0.0.2"], ...MISSED } };
    const events = watch.rounds(20, { fresh, named });
    expect(told(events)).toEqual([`path-down ${VIP}`]);
    expect(Date.parse(events[0]?.reportedAt ?? "") - Date.parse(events[0]?.at ?? "")).toBe(
      DOUBTED_MAX_MS,
    );
  });

  test("is down where EC2 still lists its ENI: nobody has dropped that", () => {
    const watch = started(ENI);
    const named = { [ENI]: { eniId: "eni-a", dns: ["10.0.0.2"], ...MISSED } };
    const fresh = { [ENI]: REFUSED, ...others };
    expect(told(watch.rounds(2, { fresh, named }))).toEqual([`path-down ${ENI}`]);
  });
});

describe("an address of which DNS names the ENI that EC2 does not list", () => {
  const gone = { [ENI]: { eniId: undefined, dns: ["10.0.0.2"], leftEc2At: second(20) } };

  test("is down, and says why", () => {
    const watch = started(ENI);
    const [event] = watch.rounds(2, { fresh: { [ENI]: REFUSED, ...others }, named: gone });
    expect(event?.kind).toBe("path-down");
    expect(event?.evidence).toContain(
      "EC2 lists no ENI with this IP any more, and DNS still names it",
    );
  });

  test("may be told by the first list that lacks it", () => {
    const watch = started(ENI);
    const named = {
      [ENI]: { eniId: "eni-a", dns: ["10.0.0.2"], missedBy: { dns: false, ec2: true } },
    };
    const [event] = watch.rounds(2, { fresh: { [ENI]: REFUSED, ...others }, named });
    expect(event?.evidence).toContain(
      "EC2 lists no ENI with this IP any more, and DNS still names it",
    );
  });

  test("leads to nobody any more: its API server is gone", () => {
    const watch = started(ENI);
    const events = watch.rounds(3, { fresh: { [ENI]: REFUSED, ...others }, named: gone });
    expect(told(events)).toContain("server-gone A");
  });

  test("may still lead to its API server while it is only down", () => {
    const watch = started(ENI);
    const events = watch.rounds(30, { fresh: { [ENI]: REFUSED, ...others } });
    expect(told(events)).toEqual([`path-down ${ENI}`]);
  });
});

/** By a server of its own; `undefined`: it refuses the connection. */
function probed(ip: string, server: string, status: number | undefined, at: string) {
  const address = `${ip}:443`;
  return status === undefined
    ? probeSeen(address, { at, status, failure: REFUSED.failure })
    : probeSeen(address, { at, status, server });
}

test("what DNS and EC2 said last is what an address is doubted by", () => {
  const rounds = [
    { dns: [dnsAnswer([ENI, OTHER])], ec2: true, status: 200 },
    { dns: undefined, ec2: undefined, status: undefined },
    // Both lack it: no outage, and the next answers make it a drain.
    { dns: [dnsAnswer([OTHER])], ec2: false, status: undefined },
    { dns: undefined, ec2: false, status: undefined },
    { dns: [dnsAnswer([OTHER])], ec2: undefined, status: undefined },
  ];
  let state = NOTHING_SEEN;
  const events = rounds.flatMap(({ dns, ec2, status }, index) => {
    const at = timeOf(index + 1);
    const enis = ec2 === undefined ? undefined : ec2 ? [eniSeen("eni-a", ENI)] : [];
    const sample = sampleOf(index + 1, {
      dns,
      enis: enis && { kind: "known", value: enis },
      probes: [probed(ENI, "ip-a", status, at), probed(OTHER, "ip-b", 200, at)],
    });
    const tracked = track(state, sample, INTERVAL_MS);
    ({ state } = tracked);
    return tracked.events;
  });
  expect(events.map(({ kind }) => kind)).toEqual([
    "eni-deleted",
    "server-gone",
    "address-left-dns",
    "address-dead",
  ]);
});

describe("a server that is met behind an address that nobody asked before", () => {
  test("may have been there for as long as nobody looked", () => {
    const watch = started(VIP);
    const fresh = { [VIP]: by("A"), ...others, [ENI]: by("C") };
    const [event] = watch.round({ fresh, named: { [ENI]: { eniId: "eni-c" } } });
    expect(event).toMatchObject({ kind: "server-appeared", after: undefined });
  });

  test("came after the last list of leases without it", () => {
    const watch = started(VIP);
    const leases = { A: { incarnation: "a" }, B: { incarnation: "b" } };
    watch.round({ fresh: { [VIP]: by("A"), ...others }, leases });
    watch.round({ fresh: { [VIP]: by("A"), ...others } });
    const fresh = { [VIP]: by("A"), ...others, [ENI]: by("C") };
    const [event] = watch.round({ fresh, named: { [ENI]: { eniId: "eni-c" } } });
    expect(event).toMatchObject({ kind: "server-appeared", after: second(20) });
  });
});
