import { describe, expect, test } from "vitest";
import { NO_DNS, trackDns } from "../../../../../src/watch/track/discovery/dns.ts";
import {
  dnsAnswer,
  dnsFailed,
  follow,
  followRounds,
  round,
  timeOf,
  told,
} from "../../../../support/watch-samples.ts";

const [A, B, C, D] = ["43.200.53.253", "52.79.39.107", "3.34.10.1", "13.124.5.6"];
const NODATA = { kind: "nodata" } as const;
const R2 = { resolver: "10.0.0.3" } as const;
const LOOKUP = { resolver: "system lookup" } as const;

function watch(...rounds: readonly (readonly ReturnType<typeof dnsAnswer>[])[]) {
  return follow(
    trackDns,
    NO_DNS,
    rounds.map((dns) => ({ dns })),
  );
}

describe("an address joins DNS", () => {
  test("at the first answer that names it, with the answer as evidence", () => {
    const { events, state } = watch(
      [dnsAnswer([B, A])],
      [dnsAnswer([B, A])],
      [dnsAnswer([A, B, C], { answer: { kind: "records", ips: [A, B, C], ttlSeconds: 42 } })],
    );
    expect(events).toEqual([
      {
        kind: "address-joined-dns",
        severity: "info",
        subject: { address: C, source: "dns" },
        what: `${C} joined DNS`,
        at: timeOf(3),
        after: timeOf(2),
        reportedAt: timeOf(3),
        was: `${A}, ${B}`,
        is: `${C}, ${A}, ${B}`,
        evidence: [`10.0.0.2 answers ${C}, ${A}, ${B} (A, TTL 42 s)`],
      },
    ]);
    expect(state.named[C]?.resolvers).toEqual(["10.0.0.2"]);
  });

  test("not with the first answer of all, which is how things are", () => {
    const { events, state } = watch([dnsAnswer([A, B])]);
    expect(events).toEqual([]);
    expect(Object.keys(state.named)).toEqual([A, B]);
  });

  test("not with the first answer after DNS was down at the start", () => {
    const { events } = watch(
      [dnsFailed("dns-timeout")],
      [dnsFailed("dns-servfail")],
      [dnsAnswer([A])],
    );
    expect(events).toEqual([]);
  });

  test("but with the first answer after NXDOMAIN, which said that it was not there", () => {
    const { events } = watch([dnsFailed("dns-nxdomain")], [dnsAnswer([A])]);
    expect(told(events)).toEqual([`address-joined-dns: ${A} joined DNS`]);
    expect(events[0]?.was).toBeUndefined();
  });

  test("between its resolver's last usable answer and now, whatever was asked in between", () => {
    const { events } = watch([dnsAnswer([A])], [dnsFailed("dns-timeout")], [], [dnsAnswer([A, B])]);
    expect(events).toMatchObject([{ after: timeOf(1), at: timeOf(4) }]);
  });

  test("once, when getaddrinfo says the same as the server in the same round or later", () => {
    const { events, state } = watch(
      [dnsAnswer([A]), dnsAnswer([A], LOOKUP)],
      [dnsAnswer([A, B]), dnsAnswer([A], LOOKUP)],
      [dnsAnswer([A, B]), dnsAnswer([A, B], LOOKUP)],
    );
    expect(told(events)).toEqual([`address-joined-dns: ${B} joined DNS`]);
    expect(state.named[B]?.resolvers).toEqual(["10.0.0.2", "system lookup"]);
  });

  test("not because a resolver that was down at the start names more: it may have all along", () => {
    const { events, state } = watch(
      [dnsAnswer([A]), dnsFailed("dns-timeout", R2)],
      [dnsAnswer([A]), dnsAnswer([A, B], R2)],
    );
    expect(events).toEqual([]);
    expect(state.named[B]?.resolvers).toEqual(["10.0.0.3"]);
  });

  test("and is not hidden by the first answer of a resolver that was down until now", () => {
    const late = [dnsAnswer([A, B], R2), dnsAnswer([A, B])];
    const { events } = watch([dnsAnswer([A]), dnsFailed("dns-timeout", R2)], late);
    expect(told(events)).toEqual([`address-joined-dns: ${B} joined DNS`]);
    const early = watch(
      [dnsAnswer([A]), dnsFailed("dns-timeout", R2)],
      [dnsAnswer([A]), dnsAnswer([A, B], R2)],
      [dnsAnswer([A, B]), dnsAnswer([A, B], R2)],
      [dnsAnswer([A, B]), dnsAnswer([A, B], R2)],
    );
    expect(told(early.events)).toEqual([`address-joined-dns: ${B} joined DNS`]);
    expect(early.events[0]?.at).toBe(timeOf(3));
  });

  test("not when one of two resolvers that disagreed from the start comes to agree", () => {
    const { events } = watch(
      [dnsAnswer([A]), dnsAnswer([A, B], R2)],
      [dnsAnswer([A, B]), dnsAnswer([A, B], R2)],
    );
    expect(events).toEqual([]);
  });

  test("of a type that was not answered before, without an event", () => {
    const six = { type: "AAAA" } as const;
    const { events } = watch(
      [dnsAnswer([A]), dnsFailed("dns-timeout", six)],
      [dnsAnswer([A]), dnsAnswer(["2600:1f14::1"], six)],
    );
    expect(events).toEqual([]);
    const known = watch(
      [dnsAnswer([A]), dnsAnswer([], { ...six, answer: NODATA })],
      [dnsAnswer([A]), dnsAnswer(["2600:1f14::1"], six)],
    );
    expect(told(known.events)).toEqual(["address-joined-dns: 2600:1f14::1 joined DNS"]);
  });
});

describe("an address leaves DNS", () => {
  test("after two answers without it, at the first of them", () => {
    const { events, state } = watch(
      [dnsAnswer([A, B])],
      [dnsAnswer([A])],
      [dnsFailed("dns-timeout")],
      [dnsAnswer([A])],
    );
    expect(events).toEqual([
      {
        kind: "address-left-dns",
        severity: "info",
        subject: { address: B, source: "dns" },
        what: `${B} left DNS`,
        at: timeOf(2),
        after: timeOf(1),
        reportedAt: timeOf(4),
        was: `${A}, ${B}`,
        is: A,
        evidence: [`10.0.0.2 answers ${A} (A, TTL 60 s); 2 answers in a row without it`],
      },
    ]);
    expect(state.left).toEqual({ [B]: timeOf(2) });
    expect(state.named[B]).toBeUndefined();
  });

  test("not after one answer without it, and is named until then", () => {
    const { events, state } = watch([dnsAnswer([A, B])], [dnsAnswer([A])]);
    expect(events).toEqual([]);
    expect(state.named[B]?.resolvers).toEqual(["10.0.0.2"]);
  });

  test.each(["dns-servfail", "dns-timeout", "dns-refused", "dns-answer-invalid"] as const)(
    "not by %s, however often: that says nothing",
    (code) => {
      const failed = Array.from({ length: 9 }, () => [dnsFailed(code)]);
      const { events, state } = watch([dnsAnswer([A])], ...failed);
      expect(events).toEqual([]);
      expect(state.named[A]?.resolvers).toEqual(["10.0.0.2"]);
    },
  );

  test("by NXDOMAIN and by an answer without records, which are certain", () => {
    const gone = watch([dnsAnswer([A])], [dnsFailed("dns-nxdomain")], [dnsFailed("dns-nxdomain")]);
    expect(told(gone.events)).toEqual([`address-left-dns: ${A} left DNS`]);
    expect(gone.events[0]).toMatchObject({
      is: undefined,
      evidence: ["10.0.0.2 knows no such name (A); 2 answers in a row without it"],
    });
    const nodata = dnsAnswer([], { answer: NODATA });
    expect(told(watch([dnsAnswer([A])], [nodata], [nodata]).events)).toEqual(told(gone.events));
  });

  test("when the last resolver that named it has dropped it, at that one's first answer without it", () => {
    const { events } = watch(
      [dnsAnswer([A]), dnsAnswer([A], R2)],
      [dnsAnswer([B]), dnsAnswer([A], R2)],
      [dnsAnswer([B]), dnsAnswer([A], R2)],
      [dnsAnswer([B]), dnsAnswer([B], R2)],
      [dnsAnswer([B]), dnsAnswer([B], R2)],
    );
    expect(told(events)).toEqual([
      `address-joined-dns: ${B} joined DNS`,
      `address-left-dns: ${A} left DNS`,
    ]);
    expect(events[1]).toMatchObject({ at: timeOf(4), after: timeOf(3), reportedAt: timeOf(5) });
  });

  test("and one that never named it need not drop it", () => {
    const { events } = watch(
      [dnsAnswer([A, B]), dnsAnswer([B], R2)],
      [dnsAnswer([B]), dnsFailed("dns-timeout", R2)],
      [dnsAnswer([B]), dnsFailed("dns-timeout", R2)],
    );
    expect(told(events)).toEqual([`address-left-dns: ${A} left DNS`]);
  });

  test("not while a resolver that named it fails; but when that has failed for over an hour", () => {
    const start = [dnsAnswer([A]), dnsAnswer([A], R2)];
    const later = [dnsAnswer([B]), dnsFailed("dns-timeout", R2)];
    const rounds = [start, ...Array.from({ length: 362 }, () => later)];
    const hour = watch(...rounds.slice(0, 361));
    expect(told(hour.events)).toEqual([`address-joined-dns: ${B} joined DNS`]);
    const more = watch(...rounds);
    expect(told(more.events.slice(1))).toEqual([`address-left-dns: ${A} left DNS`]);
    expect(more.events[1]?.evidence).toContain("10.0.0.3 named it last and has not answered since");
  });

  test("not because the only resolver that named it has failed for hours", () => {
    const { events } = followRounds(trackDns, NO_DNS, [
      round(1, { dns: [dnsAnswer([A]), dnsAnswer([B], R2)] }),
      round(9_000, { dns: [dnsFailed("dns-timeout"), dnsAnswer([B], R2)] }),
      round(9_001, { dns: [dnsFailed("dns-timeout"), dnsAnswer([B], R2)] }),
      round(9_002, { dns: [dnsFailed("dns-timeout"), dnsAnswer([B], R2)] }),
    ]);
    expect(events).toEqual([]);
  });

  test("and joins again, which ends its having left", () => {
    const { events, state } = watch(
      [dnsAnswer([A, B])],
      [dnsAnswer([A])],
      [dnsAnswer([A])],
      [dnsAnswer([A, B])],
    );
    expect(told(events)).toEqual([
      `address-left-dns: ${B} left DNS`,
      `address-joined-dns: ${B} joined DNS`,
    ]);
    expect(state.left).toEqual({});
  });

  test("and is told to be back by whatever resolver, even with its first answer", () => {
    const { events } = watch(
      [dnsAnswer([A, B])],
      [dnsAnswer([A])],
      [dnsAnswer([A])],
      [dnsAnswer([A]), dnsAnswer([A, B], R2)],
    );
    expect(told(events).slice(1)).toEqual([`address-joined-dns: ${B} joined DNS`]);
  });
});

test("two caches behind one resolver that change one after the other give one swap", () => {
  const [old, next] = [dnsAnswer([A, B]), dnsAnswer([C, D])];
  const settled = Array.from({ length: 6 }, () => [next]);
  const { events } = watch([old], [next], [old], [next], [old], ...settled);
  expect(told(events)).toEqual([
    `address-joined-dns: ${C} joined DNS`,
    `address-joined-dns: ${D} joined DNS`,
    `address-left-dns: ${A} left DNS`,
    `address-left-dns: ${B} left DNS`,
  ]);
  expect(events.map(({ at }) => at)).toEqual([2, 2, 6, 6].map(timeOf));
});

describe("a resolver that answers with parts of a larger set", () => {
  const SET = Array.from({ length: 8 }, (_, index) => `43.200.53.${index + 1}`);
  const part = (from: number) => [
    dnsAnswer([0, 1, 2, 3].map((offset) => SET[(from + offset) % SET.length] ?? "")),
  ];
  // Neither in order nor in turn: a generator of the simplest kind.
  const random = (count: number) => {
    let seed = 7;
    return Array.from({ length: count }, () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return part(seed % SET.length);
    });
  };

  test("gives no storm of joins and leaves: each is told once, and hardly one leaves in error", () => {
    const { events, state } = watch(...random(500));
    expect(events.filter(({ kind }) => kind === "address-left-dns").length).toBeLessThan(4);
    expect(events.length).toBeLessThan(12);
    expect(Object.keys(state.named)).toHaveLength(SET.length);
  });

  test("is believed in the end, where one is left out for far longer than ever before", () => {
    const whole = Array.from({ length: 40 }, (_, index) => part(index * 4));
    const half = Array.from({ length: 7 }, () => part(0));
    const { events } = watch(...whole, ...half);
    expect(told(events.filter(({ kind }) => kind === "address-left-dns"))).toEqual(
      SET.slice(4).map((ip) => `address-left-dns: ${ip} left DNS`),
    );
    expect(events.at(-1)).toMatchObject({ at: timeOf(41), after: timeOf(40) });
  });

  test("and one address that came back once is waited for a little longer, for an hour", () => {
    const start = [[dnsAnswer([A, B])], [dnsAnswer([A])], [dnsAnswer([A, B])]];
    const soon = watch(...start, [dnsAnswer([A])], [dnsAnswer([A])]);
    expect(soon.events).toEqual([]);
    const late = Array.from({ length: 362 }, () => [dnsAnswer([A, B])]);
    const { events } = watch(...start, ...late, [dnsAnswer([A])], [dnsAnswer([A])]);
    expect(told(events)).toEqual([`address-left-dns: ${B} left DNS`]);
  });
});

test("a blue/green upgrade joins the new before it drops the old", () => {
  const { events } = watch(
    [dnsAnswer([A, B])],
    [dnsAnswer([A, B, C, D])],
    [dnsAnswer([C, D])],
    [dnsAnswer([C, D])],
  );
  expect(
    events.map(({ kind, was, is }) => [kind, was?.split(", ").length, is?.split(", ").length]),
  ).toEqual([
    ["address-joined-dns", 2, 4],
    ["address-joined-dns", 2, 4],
    ["address-left-dns", 4, 2],
    ["address-left-dns", 4, 2],
  ]);
});

test("a resolver whose name holds control characters does not reach the terminal", () => {
  const evil = { resolver: "\u001b[2Jevil" } as const;
  const { events } = watch([dnsAnswer([A], evil)], [dnsAnswer([A, "__proto__"], evil)]);
  expect(JSON.stringify(events)).not.toContain("\\u001b");
  expect(told(events)).toEqual(["address-joined-dns: __proto__ joined DNS"]);
});
