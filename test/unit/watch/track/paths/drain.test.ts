import { describe, expect, test } from "vitest";
import {
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
const ENI = "10.0.20.41";
const ENI_ID = "eni-0a1b2c3d4e5f60718";

const TIMEOUT = failing("tcp-timeout");
const RESET = failing("tcp-reset");
const ENDED = failing("http-reset");
const others = { [OTHER]: by("B") };

/** An ENI in use, with its kept connection; another address goes on answering. */
function started(): PathWatch {
  const watch = startPathWatch();
  const named = { [ENI]: { eniId: ENI_ID }, [OTHER]: { dns: ["10.0.0.2"] } };
  watch.rounds(2, { fresh: { [ENI]: by("A"), ...others }, kept: { [ENI]: by("A") }, named });
  return watch;
}

/** EC2 was first seen without it at the second, and is believed from now on. */
function dropped(at: number) {
  return { [ENI]: { eniId: undefined, leftEc2At: second(at) } };
}

function ends(watch: PathWatch, count: number, spec: Parameters<PathWatch["round"]>[0]) {
  return watch.rounds(count, spec).filter(({ kind }) => kind === "address-dead");
}

describe("an address that EC2 dropped", () => {
  test("is followed until it is dead, and its end is told as a timeline", () => {
    const watch = started();
    const deleted = { fresh: { [ENI]: by("A"), ...others }, kept: { [ENI]: by("A") } };
    expect(watch.round({ ...deleted, named: dropped(20) })).toEqual([]);
    expect(watch.addresses.byId[`${ENI}:443`]?.dropped).toBe(true);
    // A scaled-in API server: 401 on fresh connections first, then on the old one, then nothing.
    watch.round({ fresh: { [ENI]: refusedBy("A"), ...others }, kept: { [ENI]: by("A") } });
    watch.round({ fresh: { [ENI]: refusedBy("A"), ...others }, kept: { [ENI]: refusedBy("A") } });
    watch.round({ fresh: { [ENI]: RESET, ...others }, kept: { [ENI]: refusedBy("A") } });
    watch.round({ fresh: { [ENI]: TIMEOUT, ...others }, kept: { [ENI]: refusedBy("A") } });
    expect(
      ends(watch, 1, { fresh: { [ENI]: TIMEOUT, ...others }, kept: { [ENI]: refusedBy("A") } }),
    ).toEqual([]);
    const events = watch.round({ fresh: { [ENI]: TIMEOUT, ...others }, kept: { [ENI]: ENDED } });
    expect(events).toEqual([
      {
        kind: "address-dead",
        severity: "info",
        subject: { address: `${ENI}:443` },
        what: "10.0.20.41 is dead, 60 s after EC2 dropped it",
        at: second(80.2),
        after: second(70.2),
        reportedAt: second(80.2),
        was: "dropped",
        is: "dead",
        evidence: [
          "2023-04-21 15:40:20Z  EC2 dropped it",
          "2023-04-21 15:40:20Z  fresh connections: last 200",
          "2023-04-21 15:40:30Z  fresh connections: first 401",
          "2023-04-21 15:40:30Z  the kept connection: last 200",
          "2023-04-21 15:40:40Z  the kept connection: first 401",
          "2023-04-21 15:40:50Z  fresh connections: first reset",
          "2023-04-21 15:41:00Z  fresh connections: first without an answer",
          "2023-04-21 15:41:20Z  the kept connection: first reset",
          "2023-04-21 15:41:20Z  nothing answers any more",
        ],
        drain: {
          droppedFromDnsAt: undefined,
          droppedFromEc2At: second(20),
          fresh: {
            last200At: second(20.01),
            first401At: second(30.01),
            firstResetAt: second(50.01),
            firstTimeoutAt: second(60.01),
          },
          kept: {
            last200At: second(30.2),
            first401At: second(40.2),
            firstResetAt: second(80.2),
            firstTimeoutAt: undefined,
          },
          deadAt: second(80.2),
          answeredForMs: 10_200,
        },
      },
    ]);
    expect(watch.forgotten).toEqual([ENI]);
    expect(watch.addresses.byId).not.toHaveProperty([`${ENI}:443`]);
  });

  test("is no path that is down: that is how it ends", () => {
    const watch = started();
    const events = watch.rounds(10, {
      fresh: { [ENI]: TIMEOUT, ...others },
      kept: { [ENI]: by("A") },
      named: dropped(20),
    });
    expect(events).toEqual([]);
  });

  test("is not dead while it answers 401, or while its kept connection is open", () => {
    const watch = started();
    watch.round({ fresh: { [ENI]: TIMEOUT, ...others }, named: dropped(20) });
    const refused = { fresh: { [ENI]: refusedBy("A"), ...others } };
    expect(ends(watch, 20, refused)).toEqual([]);
    const silent = { fresh: { [ENI]: TIMEOUT, ...others }, kept: { [ENI]: refusedBy("A") } };
    expect(ends(watch, 20, silent)).toEqual([]);
  });

  test("is dead as of the first silence, where there was no kept connection", () => {
    const watch = startPathWatch();
    watch.round({ fresh: { [ENI]: by("A"), ...others }, named: { [ENI]: { eniId: ENI_ID } } });
    watch.round({ fresh: { [ENI]: by("A"), ...others }, named: dropped(10) });
    const [event] = ends(watch, 3, { fresh: { [ENI]: TIMEOUT, ...others } });
    expect(event?.drain?.deadAt).toBe(second(20.01));
    expect(event?.reportedAt).toBe(second(40));
  });

  test("is dead though nobody says what became of its kept connection: a resume has none", () => {
    const watch = started();
    watch.round({ fresh: { [ENI]: by("A"), ...others }, named: dropped(20) });
    expect(ends(watch, 3, { fresh: { [ENI]: TIMEOUT, ...others } })).toHaveLength(1);
  });

  test("shows what happened before EC2 was believed: it is asked seldom", () => {
    const watch = started();
    watch.round({ fresh: { [ENI]: RESET, ...others }, kept: { [ENI]: ENDED } });
    watch.round({ fresh: { [ENI]: by("A"), ...others } });
    watch.round({ fresh: { [ENI]: by("A"), ...others } });
    const [event] = ends(watch, 3, {
      fresh: { [ENI]: TIMEOUT, ...others },
      named: dropped(20),
    });
    expect(event?.drain?.fresh).toEqual({
      last200At: second(40.01),
      first401At: undefined,
      firstResetAt: second(20.01),
      firstTimeoutAt: second(50.01),
    });
  });

  test("that was down already closes that: since when is said, and it comes up no more", () => {
    const watch = started();
    const silent = { fresh: { [ENI]: TIMEOUT, ...others }, kept: { [ENI]: ENDED } };
    expect(told(watch.rounds(3, silent))).toEqual([`path-down ${ENI}`]);
    const events = watch.round({ ...silent, named: dropped(30) });
    expect(told(events)).toEqual([`address-dead ${ENI}`, "server-gone A"]);
    expect(events[0]?.what).toBe("10.0.20.41 is dead, and had been for 10 s when EC2 dropped it");
    expect(events[0]?.evidence).toContain("2023-04-21 15:40:20Z  down since then, as was told");
    expect(events[0]?.drain).toMatchObject({ answeredForMs: 0 });
  });

  test("after it was dead says that it had been", () => {
    const watch = started();
    const silent = { fresh: { [ENI]: TIMEOUT, ...others } };
    watch.rounds(5, silent);
    const [event] = ends(watch, 1, { ...silent, named: dropped(60) });
    expect(event?.what).toBe("10.0.20.41 is dead, and had been for 40 s when EC2 dropped it");
  });

  test("and is named again is an address like any other", () => {
    const watch = started();
    watch.rounds(2, { fresh: { [ENI]: TIMEOUT, ...others }, named: dropped(20) });
    const again = { [ENI]: { eniId: ENI_ID, leftEc2At: undefined } };
    const events = watch.rounds(2, { fresh: { [ENI]: by("A"), ...others }, named: again });
    expect(events).toEqual([]);
    expect(watch.addresses.byId[`${ENI}:443`]).toMatchObject({ dropped: false, path: "up" });
    // And goes down as any other.
    expect(told(watch.rounds(2, { fresh: { [ENI]: TIMEOUT, ...others } }))).toEqual([
      `path-down ${ENI}`,
    ]);
  });

  test("and never answered from here cannot die: that it was dropped is told elsewhere", () => {
    const watch = started();
    const quiet = { [ENI]: by("A"), "10.0.1.5": TIMEOUT, ...others };
    watch.rounds(2, { fresh: quiet, named: { "10.0.1.5": { eniId: "eni-2" } } });
    const named = { "10.0.1.5": { eniId: undefined, leftEc2At: second(40) } };
    expect(watch.round({ fresh: quiet, named })).toEqual([]);
    expect(Object.keys(watch.addresses.byId)).not.toContain("10.0.1.5:443");
  });

  test("and still answers after two hours is given up", () => {
    const watch = started();
    const lives = { fresh: { [ENI]: by("A"), ...others }, kept: { [ENI]: by("A") } };
    const events = watch.rounds(730, { ...lives, named: dropped(20) });
    expect(told(events)).toEqual([`address-dead ${ENI}`]);
    expect(events[0]).toMatchObject({
      what: "10.0.20.41 still answers, 2 h after EC2 dropped it; it is no longer followed",
      drain: { deadAt: undefined },
      reportedAt: second(7_220),
    });
    // Its server was not seen to be gone.
    expect(watch.servers.byHost).toHaveProperty([hostOf("A")]);
  });
});

describe("an address that only one of the two dropped", () => {
  test("is not followed, and is so once the other drops it, too", () => {
    const watch = started();
    const partly = { [ENI]: { eniId: ENI_ID, leftDnsAt: second(20) } };
    const silent = { fresh: { [ENI]: TIMEOUT, ...others } };
    expect(told(watch.rounds(5, { ...silent, named: partly }))).toEqual([`path-down ${ENI}`]);
    const wholly = {
      [ENI]: { eniId: undefined, leftDnsAt: second(20), leftEc2At: second(70) },
    };
    const [event] = ends(watch, 1, { ...silent, named: wholly });
    expect(event?.drain).toMatchObject({
      droppedFromDnsAt: second(20),
      droppedFromEc2At: second(70),
      answeredForMs: 0,
    });
  });

  test("counts the time it answered from the first of the two", () => {
    const watch = started();
    const lives = { fresh: { [ENI]: by("A"), ...others } };
    watch.rounds(5, { ...lives, named: { [ENI]: { eniId: ENI_ID, leftDnsAt: second(20) } } });
    const named = { [ENI]: { leftDnsAt: second(20), leftEc2At: second(50) } };
    const [event] = ends(watch, 3, { fresh: { [ENI]: TIMEOUT, ...others }, named });
    expect(event?.drain?.answeredForMs).toBe(40_010);
  });
});

test("an address that DNS dropped says so", () => {
  const watch = startPathWatch();
  const fresh = { [VIP]: by("A"), ...others };
  watch.rounds(2, { fresh, named: { [VIP]: { dns: ["10.0.0.2"] } } });
  const named = { [VIP]: { dns: [], leftDnsAt: second(10) } };
  const [event] = ends(watch, 3, { fresh: { [VIP]: TIMEOUT, ...others }, named });
  expect(event?.what).toBe("43.200.53.253 is dead, 10 s after DNS dropped it");
});

test("an address that nobody ever named just lives on: the user gave it", () => {
  const watch = startPathWatch();
  watch.rounds(3, { fresh: { [VIP]: by("A"), ...others } });
  expect(watch.addresses.byId[`${VIP}:443`]?.dropped).toBe(false);
  expect(told(watch.rounds(20, { fresh: { [VIP]: TIMEOUT, ...others } }))).toEqual([
    `path-down ${VIP}`,
  ]);
});

test("an IP that was dropped and is not probed is forgotten", () => {
  const watch = startPathWatch();
  watch.round({ fresh: others, named: { "10.0.9.9": { leftEc2At: second(0) } } });
  expect(watch.forgotten).toEqual(["10.0.9.9"]);
});

test("an IPv6 address is followed by its IP", () => {
  const watch = startPathWatch();
  const six = { "[2600:1f14::41]": by("A"), ...others };
  watch.round({ fresh: six, named: { "2600:1f14::41": { eniId: ENI_ID } } });
  const named = { "2600:1f14::41": { eniId: undefined, leftEc2At: second(0) } };
  const [event] = ends(watch, 3, {
    fresh: { "[2600:1f14::41]": TIMEOUT, ...others },
    named,
  });
  expect(event?.what).toBe("2600:1f14::41 is dead, 10 s after EC2 dropped it");
  expect(event?.subject.address).toBe("[2600:1f14::41]:443");
});

test("another server behind the same IP, untrusted, is no answer", () => {
  const watch = started();
  const foreign = { ...failing("tls-untrusted"), fingerprint: leafOf("Z") };
  const silent = { fresh: { [ENI]: foreign, ...others }, kept: { [ENI]: ENDED } };
  expect(ends(watch, 3, { ...silent, named: dropped(20) })).toHaveLength(1);
});
