import type { FailureCode } from "../../model/failure.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { deadAddresses } from "../dead.ts";
import { notGathered } from "../evidence.ts";

/** The headers came, and what follows them did not. */
const STALLED: ReadonlySet<FailureCode> = new Set(["body-timeout", "http-timeout", "deadline"]);

/** An answer of many packets gets here as well as one of a single one. */
export const largeAnswersArrive: Check = {
  topic: "large",
  title: "answers of many packets arrive whole",
  optional: true,
  explains: ["N01"],
  run: (evidence) => {
    const asked = evidence.map.apiServers.flatMap(({ inspected }) =>
      inspected === undefined ? [] : [inspected],
    );
    const short = deadAddresses(evidence, ["body-timeout"]);
    const stalled = asked.filter(
      ({ largeAnswer }) => largeAnswer.kind === "unknown" && STALLED.has(largeAnswer.failure.code),
    );
    const addresses = [
      ...new Set([
        ...short.map(({ address }) => address.id),
        ...stalled.flatMap(({ through }) => through),
      ]),
    ];
    if (addresses.length > 0) {
      return problem(
        "fail",
        `answers stop half-way from ${addresses.map(shortAddress).join(", ")}`,
        {
          details: [
            ...short.map(
              ({ address, failure }) => `${shortAddress(address.id)}: ${failure.message}`,
            ),
            ...stalled.flatMap(({ largeAnswer }) =>
              largeAnswer.kind === "unknown"
                ? [`a large answer: ${largeAnswer.failure.message}`]
                : [],
            ),
            "small answers pass, large ones hang: full-sized packets are lost on the way back (MTU)",
          ],
          side: "network",
          next: `ping -c 3 -M do -s 1472 ${ipOf(addresses[0], evidence.snapshot.addresses)}   # then clamp the MSS on the VPN or tunnel, and let ICMP "fragmentation needed" through`,
          addresses,
        },
      );
    }
    const whole = asked.flatMap(({ largeAnswer }) =>
      largeAnswer.kind === "known" ? [largeAnswer.value.bytes] : [],
    );
    if (whole.length > 0)
      return passed(`answers of up to ${Math.max(...whole)} bytes arrive whole`);
    const [first] = asked;
    return first === undefined
      ? skippedCheck("not asked; --deep asks")
      : notGathered(first.largeAnswer, evidence);
  },
};

function ipOf(
  id: string | undefined,
  addresses: readonly { readonly id: string; readonly ip: string }[],
): string {
  return addresses.find((address) => address.id === id)?.ip ?? "IP";
}
