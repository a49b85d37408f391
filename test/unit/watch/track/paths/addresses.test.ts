import { describe, expect, test } from "vitest";
import {
  answering,
  by,
  failing,
  hostOf,
  leafOf,
  type PathWatch,
  refusedBy,
  second,
  startPathWatch,
  told,
} from "../../../../support/watch-probes.ts";

const VIP = "43.200.53.253";
const OTHER = "52.79.39.107";

const TIMEOUT = failing("tcp-timeout", "43.200.53.253:443 did not answer");
const REFUSED = failing("tcp-refused", "43.200.53.253:443 refused the connection");

function eight<T>(answer: T): readonly T[] {
  return Array.from({ length: 8 }, () => answer);
}

/** Two addresses, each pinned to its own server, as the first round found them. */
function pinned(): PathWatch {
  const watch = startPathWatch();
  expect(watch.round({ fresh: { [VIP]: eight(by("A")), [OTHER]: eight(by("B")) } })).toEqual([]);
  return watch;
}

describe("a path that goes down", () => {
  test("is told at its second failure, from the first one on", () => {
    const watch = pinned();
    expect(watch.round({ fresh: { [VIP]: TIMEOUT, [OTHER]: by("B") } })).toEqual([]);
    const [event, ...others] = watch.round({ fresh: { [VIP]: REFUSED, [OTHER]: by("B") } });
    expect(others).toEqual([]);
    expect(event).toEqual({
      kind: "path-down",
      severity: "bad",
      subject: { address: `${VIP}:443` },
      what: "path 43.200.53.253 is down",
      at: second(10.01),
      after: second(0.08),
      reportedAt: second(20.01),
      was: "up",
      is: "down",
      evidence: ["43.200.53.253:443 did not answer", "43.200.53.253:443 refused the connection"],
      outage: {
        startedAt: second(10.01),
        endedAt: undefined,
        durationMs: undefined,
        attempts: 2,
        firstError: "43.200.53.253:443 did not answer",
        lastError: "43.200.53.253:443 refused the connection",
      },
    });
    expect(watch.addresses.byId[`${VIP}:443`]?.path).toBe("down");
  });

  test("is told once, however long it stays down", () => {
    const watch = pinned();
    expect(told(watch.rounds(50, { fresh: { [VIP]: TIMEOUT, [OTHER]: by("B") } }))).toEqual([
      `path-down ${VIP}`,
    ]);
  });

  test("is up again with its second answer in a row, as of the first one", () => {
    const watch = pinned();
    watch.rounds(3, { fresh: { [VIP]: TIMEOUT, [OTHER]: by("B") } });
    expect(watch.round({ fresh: { [VIP]: by("A"), [OTHER]: by("B") } })).toEqual([]);
    const [event] = watch.round({ fresh: { [VIP]: by("A"), [OTHER]: by("B") } });
    expect(event).toMatchObject({
      kind: "path-up",
      severity: "good",
      what: "path 43.200.53.253 is up again, after 30 s",
      at: second(40.01),
      after: second(30.01),
      reportedAt: second(50.01),
      was: "down",
      outage: {
        startedAt: second(10.01),
        endedAt: second(40.01),
        durationMs: 30_000,
        attempts: 3,
        firstError: "43.200.53.253:443 did not answer",
      },
    });
  });

  test("that answers once in between is still down, and the outage counts that as an attempt", () => {
    const watch = pinned();
    watch.rounds(2, { fresh: { [VIP]: TIMEOUT } });
    expect(watch.round({ fresh: { [VIP]: by("A") } })).toEqual([]);
    expect(watch.round({ fresh: { [VIP]: TIMEOUT } })).toEqual([]);
    const [event] = watch.rounds(2, { fresh: { [VIP]: by("A") } });
    expect(event?.outage).toMatchObject({ attempts: 4, endedAt: second(50.01) });
  });

  test("counts the connections of one round in their order", () => {
    const watch = pinned();
    const fresh = { [VIP]: [by("A"), TIMEOUT, TIMEOUT, by("A"), by("A")], [OTHER]: by("B") };
    expect(told(watch.round({ fresh }))).toEqual([`path-down ${VIP}`, `path-up ${VIP}`]);
  });

  test("says that nothing else answers, either, where that is so: the network here may be at fault", () => {
    const watch = pinned();
    const events = watch.rounds(2, { fresh: { [VIP]: TIMEOUT, [OTHER]: TIMEOUT } });
    expect(told(events)).toEqual([`path-down ${VIP}`, `path-down ${OTHER}`]);
    expect(events[0]?.evidence.at(-1)).toContain("no other address answered");
  });
});

describe("what looks like a path that is down, and is none", () => {
  test("a single failure between good ones is a blip", () => {
    const watch = pinned();
    for (let index = 0; index < 10; index += 1) {
      expect(watch.round({ fresh: { [VIP]: index % 2 === 0 ? TIMEOUT : by("A") } })).toEqual([]);
    }
  });

  test("an address that EC2 lists before it answers was never up", () => {
    const watch = pinned();
    expect(watch.rounds(9, { fresh: { "10.0.1.5": TIMEOUT, [OTHER]: by("B") } })).toEqual([]);
    const events = watch.rounds(3, { fresh: { "10.0.1.5": by("B"), [OTHER]: by("B") } });
    expect(told(events)).toEqual(["path-up 10.0.1.5"]);
    expect(events[0]).toMatchObject({
      what: "path 10.0.1.5 was reached for the first time",
      at: second(100.01),
      after: second(90.01),
      was: undefined,
    });
    expect(events[0]).not.toHaveProperty("outage");
  });

  test("an address that answers at once is no event of its path", () => {
    const watch = pinned();
    expect(watch.rounds(3, { fresh: { "10.0.1.5": by("B") } })).toEqual([]);
    expect(watch.addresses.byId["10.0.1.5:443"]?.path).toBe("up");
  });

  test("failures of the first round are how things are, and only more of them are told", () => {
    const watch = startPathWatch();
    const fresh = { [VIP]: [by("A"), TIMEOUT, TIMEOUT, TIMEOUT] };
    expect(watch.round({ fresh })).toEqual([]);
    const [event] = watch.round({ fresh: { [VIP]: TIMEOUT } });
    expect(event).toMatchObject({ kind: "path-down", at: second(0.02), after: second(0.01) });
  });

  test("an attempt that this machine did not make shows nothing of the address", () => {
    const watch = pinned();
    expect(watch.rounds(5, { fresh: { [VIP]: failing("tcp-local") } })).toEqual([]);
    expect(watch.rounds(5, { fresh: { [VIP]: failing("interrupted") } })).toEqual([]);
  });

  test("a server that answers without saying who it is, or sheds load, answers", () => {
    const watch = pinned();
    expect(watch.rounds(5, { fresh: { [VIP]: answering(429) } })).toEqual([]);
    const unnamed = { ...failing("body-unexpected-shape"), status: 200 };
    expect(watch.rounds(5, { fresh: { [VIP]: unnamed } })).toEqual([]);
  });

  test("401 everywhere is the caller's trouble", () => {
    const watch = pinned();
    const fresh = { [VIP]: refusedBy("A"), [OTHER]: refusedBy("B") };
    expect(watch.rounds(5, { fresh })).toEqual([]);
  });
});

describe("answers that are none", () => {
  test("5xx is no usable answer", () => {
    const watch = pinned();
    expect(told(watch.rounds(2, { fresh: { [VIP]: answering(503) } }))).toEqual([
      `path-down ${VIP}`,
    ]);
  });

  test("a body that is cut off is no usable answer", () => {
    const watch = pinned();
    const cut = { ...failing("body-reset"), status: 200 };
    expect(told(watch.rounds(2, { fresh: { [VIP]: cut } }))).toEqual([`path-down ${VIP}`]);
  });

  test("401 at one address while another answers 200 is how a server answers that was scaled in", () => {
    const watch = pinned();
    const events = watch.rounds(2, { fresh: { [VIP]: refusedBy("A"), [OTHER]: by("B") } });
    expect(told(events)).toEqual([`path-down ${VIP}`]);
    expect(events[0]?.evidence.at(-1)).toContain("scaled in answers like that");
  });

  test("one that was refused alone is not up again because all are refused", () => {
    const watch = pinned();
    watch.rounds(2, { fresh: { [VIP]: refusedBy("A"), [OTHER]: by("B") } });
    const fresh = { [VIP]: refusedBy("A"), [OTHER]: refusedBy("B") };
    expect(watch.rounds(5, { fresh })).toEqual([]);
    expect(watch.addresses.byId[`${VIP}:443`]?.path).toBe("down");
  });

  test("one that was silent is up again when it answers, though all are refused", () => {
    const watch = pinned();
    watch.rounds(2, { fresh: { [VIP]: TIMEOUT, [OTHER]: by("B") } });
    const fresh = { [VIP]: refusedBy("A"), [OTHER]: refusedBy("B") };
    expect(told(watch.rounds(2, { fresh }))).toEqual([`path-up ${VIP}`]);
  });
});

function pathEvents(watch: PathWatch, answers: Parameters<PathWatch["round"]>[0]) {
  return watch.round(answers).filter(({ kind }) => kind.startsWith("path"));
}

describe("a path that moves", () => {
  test("is told when eight connections agree, as of the first that met the other server", () => {
    const watch = pinned();
    expect(pathEvents(watch, { fresh: { [VIP]: by("C") } })).toEqual([]);
    expect(watch.addresses.byId[`${VIP}:443`]).toMatchObject({
      wantsConfirmation: true,
      leadsTo: [hostOf("A")],
    });
    expect(pathEvents(watch, { fresh: { [VIP]: eight(by("C")) } })).toEqual([
      {
        kind: "path-moved",
        severity: "info",
        subject: { address: `${VIP}:443`, server: hostOf("C") },
        what: "path 43.200.53.253 leads to ip-172-16-0-67 now",
        at: second(10.01),
        after: second(0.08),
        reportedAt: second(20.08),
        was: hostOf("A"),
        is: hostOf("C"),
        evidence: [
          "all of the last 8 fresh connections met it: another server has at most 38 % of them (95 %)",
        ],
      },
    ]);
    expect(watch.addresses.byId[`${VIP}:443`]).toMatchObject({
      wantsConfirmation: false,
      leadsTo: [hostOf("C")],
    });
  });

  test("is told by those that answer, where some of the eight do not", () => {
    const watch = pinned();
    watch.round({ fresh: { [VIP]: by("C") } });
    const fresh = { [VIP]: [...eight(by("C")).slice(3), TIMEOUT, by("C"), TIMEOUT] };
    expect(told(pathEvents(watch, { fresh }))).toEqual([`path-moved ${VIP}`]);
  });

  test("asks again where too few of the eight answer", () => {
    const watch = pinned();
    watch.round({ fresh: { [VIP]: by("C") } });
    const few = { [VIP]: [TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, by("C"), by("C")] };
    expect(told(pathEvents(watch, { fresh: few }))).not.toContain(`path-moved ${VIP}`);
    expect(watch.addresses.byId[`${VIP}:443`]?.wantsConfirmation).toBe(true);
    expect(told(pathEvents(watch, { fresh: { [VIP]: eight(by("C")) } }))).toContain(
      `path-moved ${VIP}`,
    );
  });

  test("is told in the end where a round never has more than one connection", () => {
    const watch = pinned();
    const events = watch.rounds(9, { fresh: { [VIP]: by("C") } });
    expect(told(events)).toContain(`path-moved ${VIP}`);
  });

  test("that leads to a mixture is balanced, which is told once", () => {
    const watch = pinned();
    watch.round({ fresh: { [VIP]: by("C") } });
    const mixed = {
      [VIP]: [by("A"), by("C"), by("A"), by("C"), by("A"), by("C"), by("A"), by("C")],
    };
    const [event] = pathEvents(watch, { fresh: mixed });
    expect(event).toMatchObject({
      kind: "path-moved",
      was: hostOf("A"),
      is: `${hostOf("A")} and ${hostOf("C")}`,
    });
    for (let index = 0; index < 30; index += 1) {
      const fresh = { [VIP]: by(index % 2 === 0 ? "A" : "C") };
      expect(pathEvents(watch, { fresh })).toEqual([]);
    }
  });

  test("that met another server once, and then eight times the old one, has not moved", () => {
    const watch = pinned();
    watch.round({ fresh: { [VIP]: by("C") } });
    expect(pathEvents(watch, { fresh: { [VIP]: eight(by("A")) } })).toEqual([]);
    expect(watch.addresses.byId[`${VIP}:443`]).toMatchObject({
      leadsTo: [hostOf("A")],
      wantsConfirmation: false,
    });
  });

  test("that meets the same stray again is balanced with a small share", () => {
    const watch = pinned();
    watch.round({ fresh: { [VIP]: by("C") } });
    watch.round({ fresh: { [VIP]: eight(by("A")) } });
    watch.round({ fresh: { [VIP]: by("C") } });
    const [event] = pathEvents(watch, { fresh: { [VIP]: eight(by("A")) } });
    expect(event?.is).toBe(`${hostOf("A")} and ${hostOf("C")}`);
  });

  test("and comes back has moved twice", () => {
    const watch = pinned();
    watch.round({ fresh: { [VIP]: by("C") } });
    watch.round({ fresh: { [VIP]: eight(by("C")) } });
    watch.round({ fresh: { [VIP]: by("A") } });
    const [event] = pathEvents(watch, { fresh: { [VIP]: eight(by("A")) } });
    expect(event).toMatchObject({ kind: "path-moved", was: hostOf("C"), is: hostOf("A") });
  });

  test("while it was down is told when it is up", () => {
    const watch = pinned();
    watch.rounds(3, { fresh: { [VIP]: TIMEOUT, [OTHER]: by("B") } });
    const events = [
      ...pathEvents(watch, { fresh: { [VIP]: by("C"), [OTHER]: by("B") } }),
      ...pathEvents(watch, { fresh: { [VIP]: eight(by("C")), [OTHER]: by("B") } }),
    ];
    expect(told(events)).toEqual([`path-up ${VIP}`, `path-moved ${VIP}`]);
  });
});

/** Balanced between two from the first round on. */
function balanced(): PathWatch {
  const watch = startPathWatch();
  const fresh = {
    [VIP]: [by("A"), by("B"), by("A"), by("B"), by("A"), by("B"), by("A"), by("B")],
  };
  watch.round({ fresh });
  return watch;
}

function moves(watch: PathWatch, letters: string) {
  return letters
    .split("")
    .flatMap((letter) =>
      watch.round({ fresh: { [VIP]: by(letter) } }).filter(({ kind }) => kind === "path-moved"),
    );
}

describe("a balanced address", () => {
  test("is known as such from the first round, and meeting its members is no event", () => {
    const watch = balanced();
    expect(moves(watch, "ABBABAAAB")).toEqual([]);
    expect(watch.addresses.byId[`${VIP}:443`]?.leadsTo).toEqual([hostOf("B"), hostOf("A")]);
  });

  test("takes a new member in silently", () => {
    const watch = balanced();
    expect(moves(watch, "ACB")).toEqual([]);
    expect(watch.addresses.byId[`${VIP}:443`]?.leadsTo).toEqual(["B", "C", "A"].map(hostOf));
  });

  test("loses a member that thirty connections missed, and is pinned without a word", () => {
    const watch = balanced();
    expect(moves(watch, "A".repeat(29))).toEqual([]);
    expect(watch.addresses.byId[`${VIP}:443`]?.leadsTo).toHaveLength(2);
    expect(moves(watch, "AA")).toEqual([]);
    expect(watch.addresses.byId[`${VIP}:443`]?.leadsTo).toEqual([hostOf("A")]);
    // A small share, met at last: it was known to be there.
    expect(moves(watch, "BAAAAAAAAAAA")).toEqual([]);
  });

  test("is told when none of those of before is left behind it", () => {
    const watch = balanced();
    const [event, ...others] = moves(watch, "AC".repeat(3) + "CD".repeat(20));
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      was: `${hostOf("A")} and ${hostOf("B")}`,
      is: `${hostOf("C")} and ${hostOf("D")}`,
    });
    // Between the last connection that met one of them, and the next.
    expect([event?.after, event?.at]).toEqual([second(50.01), second(60.01)]);
  });
});

describe("dropped addresses", () => {
  test("are followed up to a number, those dropped last first", () => {
    const watch = startPathWatch();
    const ips = Array.from({ length: 100 }, (_, index) => `10.1.0.${index}`);
    const fresh = Object.fromEntries(ips.map((ip) => [ip, by("A")]));
    watch.round({ fresh });
    const named = Object.fromEntries(
      ips.map((ip, index) => [ip, { dns: [], leftDnsAt: second(index / 10) }]),
    );
    expect(watch.round({ fresh, named })).toEqual([]);
    expect(Object.keys(watch.addresses.byId)).toEqual(ips.slice(36).map((ip) => `${ip}:443`));
    expect(watch.forgotten).toEqual(ips.slice(0, 36));
  });
});

describe("an address that is new to the watch", () => {
  test("is asked eight times once, and what they meet is how things are", () => {
    const watch = pinned();
    watch.round({ fresh: { "10.0.1.5": by("C") } });
    expect(watch.addresses.byId["10.0.1.5:443"]?.wantsConfirmation).toBe(true);
    const fresh = { "10.0.1.5": ["C", "D", "C", "D", "C", "D", "C", "D"].map((one) => by(one)) };
    expect(told(watch.round({ fresh }))).toEqual(["server-appeared D"]);
    expect(watch.addresses.byId["10.0.1.5:443"]).toMatchObject({ wantsConfirmation: false });
    expect(told(watch.rounds(5, { fresh: { "10.0.1.5": by("D") } }))).toEqual([]);
  });
});

/** A server that is known by its certificate alone. */
function bare(letter: string) {
  return answering(401, { fingerprint: leafOf(letter) });
}

describe("a server without its name", () => {
  test("is known by a certificate that was seen with its host before", () => {
    const watch = pinned();
    expect(watch.rounds(3, { fresh: { [VIP]: bare("A"), [OTHER]: bare("B") } })).toEqual([]);
    watch.round({ fresh: { [VIP]: bare("B") } });
    expect(told(watch.round({ fresh: { [VIP]: eight(bare("B")) } }))).toEqual([
      `path-moved ${VIP}`,
    ]);
  });

  test("and by a certificate that nobody knows, no move is invented", () => {
    const watch = pinned();
    const fresh = { [VIP]: eight(answering(403, { fingerprint: leafOf("X") })) };
    expect(watch.rounds(3, { fresh })).toEqual([]);
  });

  test("keeps the name that /api gave, where its certificate has another form of it", () => {
    const watch = pinned();
    const shortly = answering(401, { server: "ip-172-16-0-65", fingerprint: leafOf("A", 2) });
    expect(told(watch.rounds(3, { fresh: { [VIP]: shortly } }))).not.toContain(`path-moved ${VIP}`);
  });
});

test("an address that nobody names and that is probed no more is not remembered for ever", () => {
  const watch = pinned();
  watch.rounds(40, { fresh: { [OTHER]: by("B") } });
  expect(Object.keys(watch.addresses.byId)).toEqual([`${OTHER}:443`]);
});

test("a name that every object has is a host like any other", () => {
  const watch = startPathWatch();
  const odd = { status: 200, server: "constructor", fingerprint: "__proto__" };
  expect(watch.round({ fresh: { [VIP]: eight(odd) } })).toEqual([]);
  expect(watch.addresses.byId[`${VIP}:443`]?.leadsTo).toEqual(["constructor"]);
  expect(watch.rounds(3, { fresh: { [VIP]: odd } })).toEqual([]);
});
