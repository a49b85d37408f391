import { describe, expect, it } from "vitest";
import { known } from "../../../src/model/fact.ts";
import { makeCluster } from "../../support/snapshots.ts";
import { leaseOf, pick, random, type Script, watchWorld } from "../../support/watch-world.ts";

const [V1, V2] = ["43.200.53.253", "52.79.39.107"] as const;

/** One name, one address, and who knows how many servers behind it. */
const BALANCED = {
  dns: (_: string, type: string) => ({ ips: type === "A" ? [V1] : [] }),
} satisfies Partial<Script>;

function behind(weights: Readonly<Record<string, number>>, seed: number): Script {
  const chance = random(seed);
  return { ...BALANCED, meet: () => ({ letter: pick(weights, chance) }) };
}

function withLeases(script: Script, letters: string): Script {
  const leases: Script["leases"] = (t) =>
    known(letters.split("").map((letter) => leaseOf(letter, Math.floor(t / 10) * 10)));
  return { ...script, kept: () => ({ status: 200 }), leases };
}

const WEIGHTS: readonly Readonly<Record<string, number>>[] = [
  { A: 50, B: 50 },
  { A: 90, B: 10 },
  { A: 97, B: 3 },
  { A: 99, B: 1 },
  { A: 60, B: 30, C: 10 },
  { A: 50, B: 30, C: 10, D: 5, E: 4, F: 1 },
];

describe("two thousand rounds of a balanced address where nothing happens", () => {
  it.each(WEIGHTS)(
    "at %j tell each server once at most, and none as gone",
    async (weights) => {
      const { told } = await watchWorld(behind(weights, 7), 20_000);
      const kinds = told.map((line) => line.replace(/^.*\] (.*): .*$/, "$1"));
      expect(kinds.filter((kind) => kind === "path-moved").length).toBeLessThan(2);
      expect(kinds.filter((kind) => !["path-moved", "server-appeared"].includes(kind))).toEqual([]);
      expect(new Set(told).size).toBe(told.length);
      expect(told.length).toBeLessThanOrEqual(Object.keys(weights).length);
    },
    60_000,
  );

  it.each(WEIGHTS)(
    "at %j tell of no server at all, where leases show them",
    async (weights) => {
      const script = withLeases(behind(weights, 7), Object.keys(weights).join(""));
      const { told } = await watchWorld(script, 20_000);
      // That an address is balanced after all, where one server has nearly all of it.
      expect(told.filter((line) => !line.includes("path-moved"))).toEqual([]);
      expect(told.length).toBeLessThan(2);
    },
    60_000,
  );
});

describe("a balanced address", () => {
  it("loses one of three for good, which is told once", async () => {
    const chance = random(4);
    const meet: Script["meet"] = (_, t) => ({
      letter: pick(t > 2_000 ? { A: 1, B: 1 } : { A: 1, B: 1, C: 1 }, chance),
    });
    const { told } = await watchWorld({ ...BALANCED, meet }, 10_000);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("server-gone: API server ip-172-16-0-67 is gone");
  }, 60_000);
});

function isNew(t: number): boolean {
  return t > 600;
}

describe("a cluster that is made anew under its name", () => {
  it("is looked up by its new name at once, whatever the TTL of the old one", async () => {
    const url = "https://new.yl4.ap-northeast-2.eks.amazonaws.com";
    const { asked, told } = await watchWorld(
      {
        dns: (_, type, t) => ({
          ips: type === "A" ? [isNew(t) ? V2 : V1] : [],
          ttl: 86_400,
        }),
        cluster: (t) =>
          known(
            makeCluster(
              isNew(t) ? { endpoint: { url, host: url.replace("https://", ""), port: 443 } } : {},
            ),
          ),
        meet: (ip, t) =>
          ip === V1 && isNew(t) ? { fails: "tcp-timeout" } : { letter: ip === V1 ? "A" : "B" },
      },
      1_200,
    );
    expect(asked.filter((question) => question.includes(" A "))).toHaveLength(2);
    expect(told.join("\n")).toContain(`address-joined-dns: ${V2} joined DNS`);
  }, 60_000);
});
