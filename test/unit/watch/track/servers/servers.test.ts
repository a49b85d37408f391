import { describe, expect, test } from "vitest";
import {
  by,
  failing,
  hostOf,
  type LeaseSpec,
  leafOf,
  type PathWatch,
  type RoundSpec,
  refusedBy,
  second,
  startPathWatch,
  told,
} from "../../../../support/watch-probes.ts";

const VIP_A = "43.200.53.253";
const VIP_B = "52.79.39.107";
const ENI_A = "10.0.20.41";
const ENI_B = "10.0.95.229";

const TIMEOUT = failing("tcp-timeout");
const REFUSED = failing("tcp-refused");
const ENDED = failing("http-reset");

const LEASES: Readonly<Record<string, LeaseSpec>> = {
  A: { incarnation: "a1a1a1a1-0000" },
  B: { incarnation: "b1b1b1b1-0000" },
};

type Leases = NonNullable<RoundSpec["leases"]>;

/** Two servers, each behind a VIP and an ENI, as the field notes have them. */
function both(a = by("A"), b = by("B")) {
  return { [VIP_A]: a, [ENI_A]: a, [VIP_B]: b, [ENI_B]: b };
}

function started(leases?: Leases): PathWatch {
  const watch = startPathWatch();
  const named = {
    [VIP_A]: { dns: ["10.0.0.2"] },
    [VIP_B]: { dns: ["10.0.0.2"] },
    [ENI_A]: { eniId: "eni-a" },
    [ENI_B]: { eniId: "eni-b" },
  };
  const kept = { [VIP_A]: by("A"), [VIP_B]: by("B") };
  const more = leases === undefined ? {} : { leases };
  const first = Object.fromEntries(
    Object.entries(both()).map(([ip, answer]) => [ip, eight(answer)]),
  );
  expect(watch.round({ fresh: first, kept, named, ...more })).toEqual([]);
  expect(watch.round({ fresh: both(), kept, ...more })).toEqual([]);
  return watch;
}

/** Without the paths' own events. */
function servers(watch: PathWatch, count: number, spec: RoundSpec) {
  return watch
    .rounds(count, spec)
    .filter(({ kind }) => !kind.startsWith("path") && !kind.startsWith("address"));
}

function eight<T>(answer: T): readonly T[] {
  return Array.from({ length: 8 }, () => answer);
}

describe("a server that appears", () => {
  test("is told as soon as a path meets it, by a certificate that the cluster's CA signed", () => {
    const watch = started(LEASES);
    const leases = { ...LEASES, C: { incarnation: "c1" } };
    const events = servers(watch, 3, { fresh: { ...both(), "10.0.1.5": by("C") }, leases });
    expect(events).toEqual([
      {
        kind: "server-appeared",
        severity: "info",
        subject: { server: hostOf("C") },
        what: "API server ip-172-16-0-67 appeared",
        at: second(20.01),
        after: second(10),
        reportedAt: second(20.01),
        was: undefined,
        is: hostOf("C"),
        evidence: ["met through 10.0.1.5"],
      },
    ]);
  });

  test("is told by its lease before any path meets it, and then no more", () => {
    const watch = started(LEASES);
    const leases = { ...LEASES, C: { incarnation: "c1" } };
    const [event, ...others] = servers(watch, 3, { fresh: both(), leases });
    expect(others).toEqual([]);
    expect(event).toMatchObject({ kind: "server-appeared", after: second(10) });
    expect(watch.servers.liveLeases).toBe(3);
    expect(servers(watch, 3, { fresh: { ...both(), "10.0.1.5": by("C") }, leases })).toEqual([]);
  });

  test("is not told by the first leases that could be read: it was there, out of sight", () => {
    const watch = started("denied");
    const leases = { ...LEASES, C: { incarnation: "c1" } };
    expect(watch.servers.liveLeases).toBeUndefined();
    expect(servers(watch, 3, { fresh: both(), leases })).toEqual([]);
    expect(Object.keys(watch.servers.byHost)).toEqual(["A", "B", "C"].map(hostOf));
  });

  test("is not told by a lease that is left over from one long gone", () => {
    const watch = started(LEASES);
    const leases = { ...LEASES, C: { incarnation: "c1", renewed: -3_000 } };
    expect(servers(watch, 3, { fresh: both(), leases })).toEqual([]);
    expect(watch.servers.liveLeases).toBe(2);
  });

  test("behind an address that was balanced already may have been there before", () => {
    const watch = startPathWatch();
    watch.round({
      fresh: { [VIP_A]: ["A", "B", "A", "B", "A", "B", "A", "B"].map((one) => by(one)) },
    });
    const [event] = servers(watch, 1, { fresh: { [VIP_A]: by("C") } });
    expect(event?.what).toBe("API server ip-172-16-0-67 was met for the first time");
    expect(event?.evidence.at(-1)).toContain("may have been there before");
  });

  test("has one name, though its lease has only the first label of it", () => {
    const watch = started({ ...LEASES, C: { incarnation: "c1", host: "ip-172-16-0-67" } });
    const leases = { ...LEASES, C: { incarnation: "c1", host: "ip-172-16-0-67" } };
    expect(servers(watch, 3, { fresh: { ...both(), "10.0.1.5": by("C") }, leases })).toEqual([]);
    expect(Object.keys(watch.servers.byHost)).toContain(hostOf("C"));
    expect(Object.keys(watch.servers.byHost)).toHaveLength(3);
  });
});

/** Server C, whom no path meets, by a clock that is so much behind. */
function behindBy(seconds: number): PathWatch {
  const watch = started(LEASES);
  for (let round = 0; round < 60; round += 1) {
    const renewed = watch.now - seconds + (round % 2) * 20;
    const leases = { ...LEASES, C: { incarnation: "c1", renewed } };
    watch.round({ fresh: both(), leases });
  }
  return watch;
}

describe("leases by clocks that disagree", () => {
  test("show a server alive that no path meets, as long as its lease is renewed at all", () => {
    const watch = behindBy(75);
    expect(Object.keys(watch.servers.byHost)).toContain(hostOf("C"));
    const from = watch.now;
    for (let round = 0; round < 30; round += 1) {
      const leases = { ...LEASES, C: { incarnation: "c1", renewed: from + round } };
      expect(servers(watch, 1, { fresh: both(), leases })).toEqual([]);
    }
  });

  test("and dead once it is not renewed any more, which is told once", () => {
    const watch = behindBy(75);
    const leases = { ...LEASES, C: { incarnation: "c1", renewed: watch.now - 60 } };
    expect(told(servers(watch, 30, { fresh: both(), leases }))).toEqual(["server-gone C"]);
  });
});

describe("a server that restarts", () => {
  test("is told once, where its old lease and its new one are read in turns", () => {
    const watch = started(LEASES);
    const events = Array.from({ length: 20 }, (_, round) => {
      const incarnation = round % 2 === 0 ? "a2a2a2a2-0000" : "a1a1a1a1-0000";
      return servers(watch, 1, { fresh: both(), leases: { ...LEASES, A: { incarnation } } });
    });
    expect(told(events.flat())).toEqual(["server-restarted A"]);
  });

  test("is not told by a certificate alone, where connections are ended in every round", () => {
    const watch = started();
    const kept = () => ({ [VIP_A]: { ...ENDED, openedAt: second(watch.now - 10) } });
    expect(servers(watch, 1, { fresh: both(), kept: kept() })).toEqual([]);
    const rotated = { fresh: both(by("A", { leaf: 2 })), kept: kept() };
    expect(told(servers(watch, 1, rotated))).toEqual(["certificate-rotated A"]);
  });

  test("is told by its lease's new incarnation, and its certificate in the same word", () => {
    const watch = started(LEASES);
    servers(watch, 1, { fresh: both(REFUSED), kept: { [VIP_A]: ENDED }, leases: LEASES });
    const leases = { ...LEASES, A: { incarnation: "a2a2a2a2-0000" } };
    const events = servers(watch, 10, { fresh: both(by("A", { leaf: 2 })), leases });
    expect(events).toEqual([
      {
        kind: "server-restarted",
        severity: "warn",
        subject: { server: hostOf("A") },
        what: "API server ip-172-16-0-65 was restarted",
        at: second(30.01),
        after: second(10.2),
        reportedAt: second(30.01),
        was: "incarnation a1a1a1a1…",
        is: "incarnation a2a2a2a2…",
        evidence: [
          "its lease has another incarnation: a1a1a1a1… before, a2a2a2a2… now",
          "it has a new certificate: A2:00:11:22:33:44:55:66…, valid until 2024-04-16 04:20:01Z",
        ],
      },
    ]);
  });

  test("is one event, though the leases are read some rounds after its certificate is met", () => {
    const watch = started(LEASES);
    const fresh = both(by("A", { leaf: 2 }));
    expect(servers(watch, 3, { fresh, leases: "denied" })).toEqual([]);
    // The old incarnation may still be listed: it is not written at once.
    const old = { ...LEASES, A: { incarnation: "a1a1a1a1-0000", renewed: 20 } };
    expect(servers(watch, 1, { fresh, leases: old })).toEqual([]);
    const leases = { ...LEASES, A: { incarnation: "a2" } };
    const events = servers(watch, 8, { fresh, leases });
    expect(told(events)).toEqual(["server-restarted A"]);
    expect(events[0]).toMatchObject({ at: second(20.01), reportedAt: second(60) });
  });

  test("is one event, though a path meets its new certificate only after the lease told", () => {
    const watch = started(LEASES);
    const leases = { ...LEASES, A: { incarnation: "a2" } };
    const events = [
      ...servers(watch, 2, { fresh: both(REFUSED), leases }),
      ...servers(watch, 8, { fresh: both(by("A", { leaf: 2 })), leases }),
    ];
    expect(told(events)).toEqual(["server-restarted A"]);
  });

  test("is told without leases when its certificate is another one after connections broke", () => {
    const watch = started();
    servers(watch, 1, { fresh: both(REFUSED), kept: { [VIP_A]: ENDED } });
    const events = servers(watch, 5, { fresh: both(by("A", { leaf: 2 })) });
    expect(told(events)).toEqual(["server-restarted A"]);
    expect(events[0]?.evidence).toEqual([
      "connections to it were refused, reset or ended before it had another certificate",
      "it has a new certificate: A2:00:11:22:33:44:55:66…, valid until 2024-04-16 04:20:01Z",
      "its lease does not tell",
    ]);
  });

  test("without leases is not told again by them once they can be read", () => {
    const watch = started(LEASES);
    servers(watch, 8, { fresh: both(), leases: "denied" });
    servers(watch, 1, { fresh: both(REFUSED), leases: "denied" });
    const fresh = both(by("A", { leaf: 2 }));
    expect(told(servers(watch, 3, { fresh, leases: "denied" }))).toEqual(["server-restarted A"]);
    const leases = { ...LEASES, A: { incarnation: "a2" } };
    expect(servers(watch, 8, { fresh, leases })).toEqual([]);
    // The next one is.
    const again = { ...LEASES, A: { incarnation: "a3" } };
    expect(told(servers(watch, 8, { fresh, leases: again }))).toEqual(["server-restarted A"]);
  });

  test("is not told by a list that lags behind and shows the one before", () => {
    const watch = started(LEASES);
    const leases = { ...LEASES, A: { incarnation: "a2" } };
    expect(told(servers(watch, 2, { fresh: both(), leases }))).toEqual(["server-restarted A"]);
    const lagging = {
      A: { incarnation: "a1a1a1a1-0000", renewed: 10 },
      B: { incarnation: "b1b1b1b1-0000", renewed: 30 },
    };
    expect(servers(watch, 1, { fresh: both(), leases: lagging })).toEqual([]);
    expect(servers(watch, 3, { fresh: both(), leases })).toEqual([]);
  });

  test("is not told where both its paths were down for a minute, and it is the same", () => {
    for (const leases of [undefined, LEASES]) {
      const watch = started(leases);
      const more = leases === undefined ? {} : { leases };
      const down = watch.rounds(6, { fresh: both(REFUSED), kept: { [VIP_A]: ENDED }, ...more });
      const up = watch.rounds(6, { fresh: both(), ...more });
      expect(told([...down, ...up]).toSorted()).toEqual([
        `path-down ${ENI_A}`,
        `path-down ${VIP_A}`,
        `path-up ${ENI_A}`,
        `path-up ${VIP_A}`,
      ]);
    }
  });

  test("is not told where its etcd hung for a minute, so that nothing was renewed", () => {
    const watch = started(LEASES);
    const stale = { ...LEASES, A: { incarnation: "a1a1a1a1-0000", renewed: 10 } };
    expect(servers(watch, 8, { fresh: both(TIMEOUT), leases: stale })).toEqual([]);
    expect(servers(watch, 8, { fresh: both(), leases: LEASES })).toEqual([]);
  });
});

describe("a certificate that is rotated", () => {
  const fresh = both(by("A", { leaf: 2 }));

  test("is told once the lease was renewed by the same incarnation", () => {
    const watch = started(LEASES);
    expect(servers(watch, 1, { fresh, leases: LEASES })).toEqual([]);
    const [event, ...others] = servers(watch, 9, { fresh, leases: LEASES });
    expect(others).toEqual([]);
    expect(event).toEqual({
      kind: "certificate-rotated",
      severity: "info",
      subject: { server: hostOf("A") },
      what: "API server ip-172-16-0-65 has a new certificate",
      at: second(20.01),
      after: second(10.2),
      reportedAt: second(30),
      was: "A1:00:11:22:33:44:55:66…, valid until 2024-04-16 04:20:01Z",
      is: "A2:00:11:22:33:44:55:66…, valid until 2024-04-16 04:20:01Z",
      evidence: ["its lease has the same incarnation as before: a1a1a1a1…"],
    });
  });

  test("is told at once where no lease can tell, and says so", () => {
    const watch = started();
    const [event] = servers(watch, 1, { fresh });
    expect(event?.kind).toBe("certificate-rotated");
    expect(event?.evidence[0]).toContain("without leases a rotation cannot be told from a restart");
  });

  test("is told after a minute where the lease does not say anything any more", () => {
    const watch = started(LEASES);
    const events = servers(watch, 10, { fresh, leases: "denied" });
    expect(told(events)).toEqual(["certificate-rotated A"]);
    expect(events[0]).toMatchObject({ at: second(20.01) });
  });

  test("is told by a renewal that is read late, too: a watch may look once in some minutes", () => {
    const watch = started(LEASES);
    servers(watch, 1, { fresh, leases: LEASES });
    const seldom = Array.from({ length: 7 }, (): RoundSpec => ({ fresh }));
    expect(seldom.flatMap((spec) => servers(watch, 1, spec)).map(({ kind }) => kind)).toEqual([
      "certificate-rotated",
    ]);
    const other = started(LEASES);
    servers(other, 1, { fresh, leases: LEASES });
    servers(other, 5, { fresh });
    const [event] = servers(other, 1, { fresh, leases: LEASES });
    expect(event?.evidence).toEqual(["its lease has the same incarnation as before: a1a1a1a1…"]);
  });

  test("is told once, though the old one is shown again now and then", () => {
    const watch = started();
    const events = Array.from({ length: 12 }, (_, index) =>
      servers(watch, 1, { fresh: both(by("A", { leaf: (index % 2) + 1 })) }),
    ).flat();
    expect(told(events)).toEqual(["certificate-rotated A"]);
  });

  test("is not told of a server that was met for the first time", () => {
    const watch = started();
    const events = servers(watch, 2, { fresh: { ...both(), "10.0.1.5": by("C", { leaf: 7 }) } });
    expect(told(events)).toEqual(["server-appeared C"]);
  });

  test("is told of a server that stays, whatever its connections went through long before", () => {
    const watch = started();
    servers(watch, 1, { fresh: both(), kept: { [VIP_A]: ENDED } });
    servers(watch, 3, { fresh: both(), kept: { [VIP_A]: by("A") } });
    expect(told(servers(watch, 3, { fresh }))).toEqual(["certificate-rotated A"]);
  });
});

/** By clocks that are a day behind this machine's, and not quite alike. */
function skewed(renewed: number): Leases {
  return {
    A: { incarnation: "a1", renewed },
    B: { incarnation: "b1", renewed: renewed + 5 },
  };
}

describe("a server that is gone", () => {
  test("is told when its addresses are dropped and do not answer", () => {
    const watch = started();
    const named = {
      [VIP_A]: { dns: [], leftDnsAt: second(20) },
      [ENI_A]: { eniId: undefined, leftEc2At: second(20) },
    };
    const events = servers(watch, 10, { fresh: both(TIMEOUT), kept: {}, named });
    expect(told(events)).toEqual(["server-gone A"]);
    expect(events[0]).toMatchObject({
      severity: "warn",
      what: "API server ip-172-16-0-65 is gone",
      at: second(20),
      after: second(10.2),
      evidence: [
        "43.200.53.253 was dropped, and does not answer",
        "10.0.20.41 was dropped, and does not answer",
        "leases cannot be read: it may be there where no path from here leads",
      ],
    });
    expect(Object.keys(watch.servers.byHost)).toEqual([hostOf("B")]);
  });

  test("is not told while one of its paths is merely down", () => {
    const watch = started();
    const named = { [ENI_A]: { eniId: undefined, leftEc2At: second(20) } };
    expect(servers(watch, 40, { fresh: both(TIMEOUT), named })).toEqual([]);
  });

  test("is not told where nothing answers at all", () => {
    const watch = started(LEASES);
    expect(servers(watch, 40, { fresh: both(TIMEOUT, TIMEOUT), leases: "denied" })).toEqual([]);
  });

  test("is not told while it answers 401, as one that was scaled in does", () => {
    const watch = started();
    const named = {
      [VIP_A]: { dns: [], leftDnsAt: second(20) },
      [ENI_A]: { eniId: undefined, leftEc2At: second(20) },
    };
    expect(servers(watch, 20, { fresh: both(refusedBy("A")), named })).toEqual([]);
    expect(told(servers(watch, 6, { fresh: both(TIMEOUT) }))).toEqual(["server-gone A"]);
  });

  test("is not told while its lease is renewed: it lives on out of sight", () => {
    const watch = started(LEASES);
    const moved = { ...both(), [VIP_A]: eight(by("B")), [ENI_A]: eight(by("B")) };
    expect(servers(watch, 10, { fresh: moved, leases: LEASES })).toEqual([]);
    const stale = { ...LEASES, A: { incarnation: "a1a1a1a1-0000", renewed: 110 } };
    const events = servers(watch, 10, { fresh: moved, leases: stale });
    expect(told(events)).toEqual(["server-gone A"]);
    expect(events[0]?.evidence).toEqual([
      "43.200.53.253 leads to ip-172-16-0-66 now",
      "10.0.20.41 leads to ip-172-16-0-66 now",
      "its lease was last renewed 70 s before the newest one",
    ]);
  });

  test("is told by its stale lease, though its paths are still named", () => {
    const watch = started(LEASES);
    const stale = { ...LEASES, A: { incarnation: "a1a1a1a1-0000", renewed: 10 } };
    const events = servers(watch, 20, { fresh: both(TIMEOUT), leases: stale });
    expect(told(events)).toEqual(["server-gone A"]);
    expect(events[0]?.reportedAt).toBe(second(140));
  });

  test("and was known only by its lease is told when that is renewed no more", () => {
    const watch = started({ ...LEASES, C: { incarnation: "c1" } });
    const leases = { ...LEASES, C: { incarnation: "c1", renewed: 10 } };
    const [event, ...others] = servers(watch, 12, { fresh: both(), leases });
    expect(others).toEqual([]);
    expect(event).toMatchObject({ kind: "server-gone", at: second(80), after: second(70) });
  });

  test("is not told by one list that lacks its lease, nor by an empty one", () => {
    const withC = { ...LEASES, C: { incarnation: "c1" } };
    const watch = started(withC);
    servers(watch, 3, { fresh: both(), leases: withC });
    expect(servers(watch, 1, { fresh: both(), leases: LEASES })).toEqual([]);
    expect(servers(watch, 1, { fresh: both(), leases: withC })).toEqual([]);
    expect(servers(watch, 9, { fresh: both(), leases: {} })).toEqual([]);
    expect(servers(watch, 9, { fresh: both(), leases: "denied" })).toEqual([]);
    expect(told(servers(watch, 9, { fresh: both(), leases: LEASES }))).toEqual(["server-gone C"]);
  });

  test("and leases are judged by each other: this machine's clock may be wrong", () => {
    const watch = started(skewed(-86_400));
    for (let index = 0; index < 20; index += 1) {
      const leases = skewed(-86_400 + index * 10);
      expect(servers(watch, 1, { fresh: both(), leases })).toEqual([]);
    }
    expect(watch.servers.liveLeases).toBe(2);
  });

  test("and leases of before 1.26 bear no host, and say nothing of any", () => {
    const nameless = {
      A: { incarnation: "a1", host: null },
      B: { incarnation: "b1", host: null },
    };
    const watch = started(nameless);
    expect(watch.servers.liveLeases).toBe(2);
    const named = {
      [VIP_A]: { dns: [], leftDnsAt: second(20) },
      [ENI_A]: { eniId: undefined, leftEc2At: second(20) },
    };
    const events = servers(watch, 10, { fresh: both(TIMEOUT), named, leases: nameless });
    expect(told(events)).toEqual(["server-gone A"]);
    expect(events[0]?.evidence.at(-1)).toBe("no lease bears its name");
  });
});

describe("a server that comes back", () => {
  const named = {
    [VIP_A]: { dns: [], leftDnsAt: second(20) },
    [ENI_A]: { eniId: undefined, leftEc2At: second(20) },
  };

  function gone(leases?: Leases): PathWatch {
    const watch = started(leases);
    const stale = { ...LEASES, A: { incarnation: "a1a1a1a1-0000", renewed: 10 } };
    const more = leases === undefined ? {} : { leases: stale };
    const events = servers(watch, 4, { fresh: both(TIMEOUT), named, ...more });
    const later = servers(watch, 8, { fresh: { [VIP_B]: by("B"), [ENI_B]: by("B") }, ...more });
    expect(told([...events, ...later])).toEqual(["server-gone A"]);
    return watch;
  }

  test("soon was restarted", () => {
    const watch = gone();
    const events = servers(watch, 5, { fresh: both(by("A", { leaf: 2 })) });
    expect(told(events)).toEqual(["server-restarted A"]);
  });

  test("soon, with its old certificate, is there again: nothing speaks for a restart", () => {
    const events = servers(gone(), 5, { fresh: both(by("A")) });
    expect(told(events)).toEqual(["server-appeared A"]);
    expect(events[0]?.what).toBe("API server ip-172-16-0-65 is there again");
    expect(events[0]?.evidence[0]).toContain("its lease does not tell");
  });

  test("and is gone once more before its return was told, has been gone all the time", () => {
    const watch = gone(LEASES);
    const stale = { ...LEASES, A: { incarnation: "a1a1a1a1-0000", renewed: 10 } };
    const away = { [VIP_B]: by("B"), [ENI_B]: by("B") };
    expect(servers(watch, 1, { fresh: both(), leases: stale })).toEqual([]);
    expect(servers(watch, 20, { fresh: away, leases: stale })).toEqual([]);
  });

  test("soon, with another incarnation, was restarted, and that is one event", () => {
    const watch = gone(LEASES);
    const stale = { ...LEASES, A: { incarnation: "a1a1a1a1-0000", renewed: 10 } };
    const fresh = both(by("A", { leaf: 2 }));
    expect(servers(watch, 1, { fresh, leases: stale })).toEqual([]);
    const leases = { ...LEASES, A: { incarnation: "a2" } };
    expect(told(servers(watch, 9, { fresh, leases }))).toEqual(["server-restarted A"]);
  });

  test("soon, with the same incarnation, is there again and was not restarted", () => {
    const watch = gone(LEASES);
    const events = servers(watch, 9, { fresh: both(), leases: LEASES });
    expect(told(events)).toEqual(["server-appeared A"]);
    expect(events[0]?.what).toBe("API server ip-172-16-0-65 is there again");
  });

  test("late appears anew", () => {
    const watch = gone();
    servers(watch, 70, { fresh: { [VIP_B]: by("B"), [ENI_B]: by("B") } });
    const events = servers(watch, 5, { fresh: both(by("A", { leaf: 2 })) });
    expect(told(events)).toEqual(["server-appeared A"]);
  });
});

describe("a server that is replaced", () => {
  test("was so by the one that came after it, and to which all its addresses lead", () => {
    const watch = started();
    const named = { [ENI_A]: { eniId: undefined, leftEc2At: second(20) } };
    const fresh = { ...both(), [VIP_A]: eight(by("C")), [ENI_A]: TIMEOUT };
    const events = servers(watch, 6, { fresh, named });
    expect(told(events)).toEqual(["server-appeared C", "server-replaced A"]);
    expect(events[1]).toMatchObject({
      severity: "info",
      what: "API server ip-172-16-0-65 was replaced by ip-172-16-0-67",
      was: hostOf("A"),
      is: hostOf("C"),
      evidence: [
        "43.200.53.253 leads to ip-172-16-0-67 now",
        "10.0.20.41 was dropped, and does not answer",
        "leases cannot be read: it may be there where no path from here leads",
      ],
    });
  });

  test("was not so by one that had been there before: that one takes over", () => {
    const watch = started();
    const fresh = { ...both(), [VIP_A]: eight(by("B")), [ENI_A]: eight(by("B")) };
    expect(told(servers(watch, 6, { fresh }))).toEqual(["server-gone A"]);
    // Nor where the first round happened to meet the one a moment after the other.
    const other = startPathWatch();
    other.round({ fresh: { [VIP_A]: eight(by("A")), [VIP_B]: [TIMEOUT, by("B"), by("B")] } });
    expect(told(servers(other, 6, { fresh: { [VIP_A]: eight(by("B")) } }))).toEqual([
      "server-gone A",
    ]);
  });

  test("was not so where its addresses lead to several", () => {
    const watch = started();
    const fresh = { ...both(), [VIP_A]: eight(by("C")), [ENI_A]: eight(by("D")) };
    expect(told(servers(watch, 6, { fresh }))).toEqual([
      "server-appeared C",
      "server-appeared D",
      "server-gone A",
    ]);
  });

  test("an upgrade {A,B} to {A,B,C,D} to {C,D} is told whole, and nothing besides", () => {
    const watch = started(LEASES);
    const [eniC, eniD] = ["10.0.1.5", "10.0.2.6"];
    const four = { ...LEASES, C: { incarnation: "c1" }, D: { incarnation: "d1" } };
    const named = { [eniC]: { eniId: "eni-c" }, [eniD]: { eniId: "eni-d" } };
    const all: string[] = [];
    const run = (count: number, spec: RoundSpec) => all.push(...told(watch.rounds(count, spec)));
    // EC2 lists the new ENIs before anything answers there.
    run(2, { fresh: { ...both(), [eniC]: TIMEOUT, [eniD]: TIMEOUT }, leases: LEASES, named });
    const enis = { [eniC]: by("C"), [eniD]: by("D") };
    run(3, { fresh: { ...both(), ...enis }, leases: four });
    const moving = { ...both(), ...enis, [VIP_A]: by("C"), [VIP_B]: by("D") };
    run(1, { fresh: moving, leases: four });
    run(1, {
      fresh: { ...moving, [VIP_A]: eight(by("C")), [VIP_B]: eight(by("D")) },
      leases: four,
    });
    // The old ENIs are deleted, and their servers stop.
    const leases = {
      ...four,
      A: { incarnation: "a1a1a1a1-0000", renewed: 80 },
      B: { incarnation: "b1b1b1b1-0000", renewed: 80 },
    };
    run(4, {
      fresh: { ...moving, [ENI_A]: TIMEOUT, [ENI_B]: TIMEOUT },
      leases,
      named: {
        [ENI_A]: { eniId: undefined, leftEc2At: second(90) },
        [ENI_B]: { eniId: undefined, leftEc2At: second(90) },
      },
    });
    run(12, { fresh: { [VIP_A]: by("C"), [VIP_B]: by("D"), ...enis }, leases });
    expect(all).toEqual([
      "server-appeared C",
      "server-appeared D",
      `path-up ${eniC}`,
      `path-up ${eniD}`,
      `path-moved ${VIP_A}`,
      `path-moved ${VIP_B}`,
      `address-dead ${ENI_A}`,
      `address-dead ${ENI_B}`,
      "server-replaced A",
      "server-replaced B",
    ]);
    expect(Object.keys(watch.servers.byHost).toSorted()).toEqual(["C", "D"].map(hostOf));
  });

  test("one that was met for a single round of a rollout came and went", () => {
    const watch = started();
    const events = [
      ...watch.round({ fresh: { ...both(), [VIP_A]: by("E") } }),
      ...watch.round({ fresh: { ...both(), [VIP_A]: eight(by("A")) } }),
      ...watch.rounds(6, { fresh: both() }),
    ];
    expect(told(events)).toEqual(["server-appeared E", "server-gone E"]);
  });
});

describe("readiness", () => {
  const ready = by("A", { ready: true });
  const unready = by("A", { unready: ["etcd", "informer-sync"] });

  test("is lost at the second answer in a row that says so, with the checks that fail", () => {
    const watch = started();
    servers(watch, 1, { fresh: both(), kept: { [VIP_A]: ready } });
    expect(servers(watch, 1, { fresh: both(), kept: { [VIP_A]: unready } })).toEqual([]);
    const [lost] = servers(watch, 1, { fresh: both(), kept: { [VIP_A]: unready } });
    expect(lost).toMatchObject({
      kind: "readyz-lost",
      severity: "bad",
      subject: { server: hostOf("A"), address: `${VIP_A}:443` },
      at: second(30.2),
      after: second(20.2),
      reportedAt: second(40.2),
      evidence: ["/readyz: etcd fails", "/readyz: informer-sync fails"],
    });
    expect(servers(watch, 9, { fresh: both(), kept: { [VIP_A]: unready } })).toEqual([]);
    const [regained] = servers(watch, 3, { fresh: both(), kept: { [VIP_A]: ready } });
    expect(regained).toMatchObject({ kind: "readyz-regained", severity: "good" });
  });

  test("is not lost by one bad answer, nor by any number of answers that did not come", () => {
    const watch = started();
    servers(watch, 1, { fresh: both(), kept: { [VIP_A]: ready } });
    for (let index = 0; index < 6; index += 1) {
      const kept = { [VIP_A]: index % 2 === 0 ? unready : ready };
      expect(servers(watch, 1, { fresh: both(), kept })).toEqual([]);
    }
    expect(servers(watch, 9, { fresh: both(), kept: { [VIP_A]: by("A") } })).toEqual([]);
    const refused = servers(watch, 9, { fresh: both(), kept: { [VIP_A]: refusedBy("A") } });
    expect(refused.map(({ kind }) => kind)).toEqual(["kept-refused"]);
  });

  test("is not lost where the connections of a round disagree", () => {
    const watch = started();
    servers(watch, 1, { fresh: both(), kept: { [VIP_A]: ready } });
    const kept = { [VIP_A]: unready, [ENI_A]: ready };
    expect(servers(watch, 9, { fresh: both(), kept })).toEqual([]);
  });

  test("that a server never had while it starts is not lost", () => {
    const watch = started();
    const starting = by("C", { unready: ["poststarthook/start-apiextensions-informers"] });
    const fresh = { ...both(), "10.0.1.5": by("C") };
    expect(told(servers(watch, 5, { fresh, kept: { "10.0.1.5": starting } }))).toEqual([
      "server-appeared C",
    ]);
    const kept = { "10.0.1.5": by("C", { ready: true }) };
    expect(servers(watch, 5, { fresh, kept })).toEqual([]);
  });

  test("that was lacking when the watch began is told when it is regained", () => {
    const watch = startPathWatch();
    watch.rounds(3, { fresh: both(), kept: { [VIP_A]: unready } });
    const events = servers(watch, 3, { fresh: both(), kept: { [VIP_A]: ready } });
    expect(told(events)).toEqual(["readyz-regained A"]);
  });
});

function saying(version: string): NonNullable<RoundSpec["kept"]> {
  return {
    [VIP_A]: by("A", { version }),
    [VIP_B]: by("B", { version: "v1.31.5-eks-5d632ec" }),
  };
}

test("a version that changes is told of the server that has it, whichever path says so", () => {
  const watch = started();
  expect(servers(watch, 3, { fresh: both(), kept: saying("v1.31.5-eks-5d632ec") })).toEqual([]);
  const events = servers(watch, 3, { fresh: both(), kept: saying("v1.32.1-eks-1a2b3c4") });
  expect(told(events)).toEqual(["version-changed A"]);
  expect(events[0]).toMatchObject({
    was: "v1.31.5-eks-5d632ec",
    is: "v1.32.1-eks-1a2b3c4",
    at: second(50.2),
    after: second(40.2),
  });
});

test("servers that nobody names are none: a certificate alone has no host", () => {
  const watch = startPathWatch();
  const bare = { status: 403, fingerprint: leafOf("A") };
  expect(watch.rounds(3, { fresh: { [VIP_A]: eight(bare) } })).toEqual([]);
  expect(watch.servers.byHost).toEqual({});
});

test("a host named like what every object has is a server like any other", () => {
  const watch = started();
  const odd = { status: 200, server: "toString", fingerprint: "valueOf" };
  const events = servers(watch, 3, { fresh: { ...both(), "10.0.1.5": odd } });
  expect(told(events)).toEqual(["server-appeared toString"]);
});
