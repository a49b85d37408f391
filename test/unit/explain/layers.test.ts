import { expect, test } from "vitest";
import { CLUSTER_CHECKS } from "../../../src/checks/cluster/table.ts";
import { DNS_CHECKS } from "../../../src/checks/dns/table.ts";
import { NETWORK_CHECKS } from "../../../src/checks/network/table.ts";
import { CLUSTER_EXPLANATIONS } from "../../../src/explain/cluster.ts";
import { DNS_EXPLANATIONS } from "../../../src/explain/dns.ts";
import { NETWORK_EXPLANATIONS } from "../../../src/explain/network.ts";
import { WORKER_EXPLANATIONS } from "../../../src/explain/worker.ts";
import { NODE_CHECKS } from "../../../src/node/checks/table.ts";

const LAYERS = [
  ["cluster", CLUSTER_CHECKS, CLUSTER_EXPLANATIONS],
  ["DNS", DNS_CHECKS, DNS_EXPLANATIONS],
  ["network", NETWORK_CHECKS, NETWORK_EXPLANATIONS],
  ["worker", NODE_CHECKS, WORKER_EXPLANATIONS],
] as const;

test.each(LAYERS)("every check of the %s layer is explained whole", (_, checks, all) => {
  expect(Object.keys(all)).toEqual(Object.keys(checks));
  const poor = Object.entries(all).filter(
    ([, { means, found, fix, sources }]) =>
      [means, found, ...fix, ...sources].some((text) => text.trim() === "") ||
      fix.length === 0 ||
      sources.length === 0,
  );
  expect(poor.map(([code]) => code)).toEqual([]);
});

test("together they name the failures of the way there and inside a worker, and none that is not in the catalogue", () => {
  const named = new Set(
    LAYERS.flatMap(([, , all]) => Object.values(all).flatMap(({ rows }) => rows)),
  );
  const wanted = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 18, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
    49, 50,
  ];
  expect(wanted.filter((row) => !named.has(row))).toEqual([]);
  expect([...named].filter((row) => row < 1 || row > 50)).toEqual([]);
});
