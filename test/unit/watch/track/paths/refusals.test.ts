import { describe, expect, test } from "vitest";
import {
  by,
  hostOf,
  leafOf,
  type PathWatch,
  startPathWatch,
} from "../../../../support/watch-probes.ts";

const VIP = "43.200.53.253";
const named = { [VIP]: { dns: ["10.0.0.2"] } } as const;

/** A kept connection to A, which answers 401; the certificate still tells whose it is. */
const REFUSED = { status: 401, fingerprint: leafOf("A") } as const;

function watchOf(server: string): PathWatch {
  const watch = startPathWatch();
  watch.rounds(2, { fresh: { [VIP]: by(server) }, kept: { [VIP]: by("A") }, named });
  return watch;
}

function kinds(events: readonly { readonly kind: string }[]): readonly string[] {
  return events.map(({ kind }) => kind).filter((kind) => kind === "kept-refused");
}

describe("a kept connection", () => {
  test("that is refused while fresh ones are accepted is told at the second refusal, and once", () => {
    const watch = watchOf("A");
    const moved = { fresh: { [VIP]: by("B") }, kept: { [VIP]: REFUSED } };
    expect(kinds(watch.round(moved))).toEqual([]);
    const told = watch.round(moved);
    expect(told.find(({ kind }) => kind === "kept-refused")).toMatchObject({
      severity: "warn",
      subject: { address: `${VIP}:443`, server: hostOf("A") },
      at: "2023-04-21T15:40:20.200Z",
      after: "2023-04-21T15:40:10.200Z",
      was: "200",
      is: "401",
    });
    expect(kinds(watch.rounds(5, moved))).toEqual([]);
  });

  test("that is refused as everybody is tells of the caller, and of no old connection", () => {
    const watch = watchOf("A");
    const events = watch.rounds(3, {
      fresh: { [VIP]: REFUSED },
      kept: { [VIP]: REFUSED },
    });
    expect(events.filter(({ kind }) => kind === "kept-refused")).toEqual([]);
  });

  test("that is refused once is a blip", () => {
    const watch = watchOf("A");
    const events = [
      ...watch.round({ fresh: { [VIP]: by("A") }, kept: { [VIP]: REFUSED } }),
      ...watch.rounds(3, { fresh: { [VIP]: by("A") }, kept: { [VIP]: by("A") } }),
    ];
    expect(events.filter(({ kind }) => kind === "kept-refused")).toEqual([]);
  });
});
