import type { AddressTimes } from "../../model/certainty.ts";
import type { Expectations } from "../../model/expectations.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";

/** Every phase is as quick as the user expects, by its median at each address. */
export const phasesAreQuick: Check = {
  topic: "latency",
  title: "the median of every phase is within the expected limit, at every address",
  run: ({ map, expectations, snapshot }) => {
    const limits = limitsOf(expectations);
    if (limits.length === 0) {
      return skippedCheck(
        "nothing is expected; --expect-tcp, --expect-tls and --expect-ttfb say what",
      );
    }
    const timed = map.times.flatMap((times) =>
      limits.flatMap(({ phase, maxMs }) => {
        const p50Ms = times[phase]?.p50Ms;
        return p50Ms === undefined ? [] : [{ address: times.address, phase, p50Ms, maxMs }];
      }),
    );
    const words = limits.map(({ phase, maxMs }) => `${phase} ≤ ${inMs(maxMs)}`).join(", ");
    if (timed.length === 0) return skippedCheck(`no address got so far as to be timed (${words})`);
    const slow = timed.filter(({ p50Ms, maxMs }) => p50Ms > maxMs);
    if (slow.length === 0) return passed(`within ${words}`);
    return problem("fail", `slower than expected (${words})`, {
      details: slow.map(
        ({ address, phase, p50Ms }) => `${shortAddress(address)}: ${phase} ${inMs(p50Ms)}`,
      ),
      side: "network",
      next: `eks-probe endpoints --cluster ${snapshot.request.cluster} -n 20 --interval 100ms   # medians of twenty, made one after the other`,
      addresses: [...new Set(slow.map(({ address }) => address))],
    });
  },
};

interface Limit {
  readonly phase: Exclude<keyof AddressTimes, "address" | "total">;
  readonly maxMs: number;
}

function limitsOf({ maxTcpMs, maxTlsMs, maxTtfbMs }: Expectations): readonly Limit[] {
  return (
    [
      ["tcp", maxTcpMs],
      ["tls", maxTlsMs],
      ["ttfb", maxTtfbMs],
    ] as const
  ).flatMap(([phase, maxMs]) => (maxMs === undefined ? [] : [{ phase, maxMs }]));
}

function inMs(ms: number): string {
  if (ms >= 10) return `${Math.round(ms)} ms`;
  // A limit may be below what is worth telling of a time, and is no 0 for that.
  return `${ms >= 0.1 ? Math.round(ms * 10) / 10 : ms} ms`;
}
