import type { Observation } from "../../model/observation.ts";
import { type Check, count, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { type RefusedLeaf, refusedLeaves, severity } from "./refused.ts";

/** Every certificate that was shown verifies against the cluster's CA and name. */
export const certificatesVerify: Check = {
  topic: "tls",
  title: "every server's certificate is signed by the cluster's CA, valid, and names the endpoint",
  run: ({ snapshot }) => {
    const shaken = snapshot.observations.filter(({ tls }) => tls !== undefined);
    if (shaken.length === 0) return skippedCheck("no TLS handshake was completed");
    const refused = refusedLeaves(snapshot);
    const addresses = addressesOf(shaken);
    if (refused.length > 0) {
      const bad = [...new Set(refused.map(({ address }) => address))];
      return problem(
        severity(snapshot),
        `${bad.length} of ${count(addresses.length, "address", "addresses")} not verified by the cluster's CA`,
        {
          details: refused.map((one) => `${shortAddress(one.address)}: ${whyRefused(one)}`),
          side: "network",
          next: `openssl s_client -connect ${bad[0] ?? ""} -showcerts </dev/null   # who answers there, and with what`,
          addresses: bad,
        },
      );
    }
    const subjects = [...new Set(shaken.flatMap(({ tls }) => tls?.leaf?.subject ?? []))];
    return passed(
      [
        `${addresses.length}/${addresses.length} verified by the cluster CA`,
        ...subjects.slice(0, 3),
      ].join(" · "),
    );
  },
};

function addressesOf(observations: readonly Observation[]): readonly string[] {
  return [...new Set(observations.map(({ address }) => address))];
}

function whyRefused({ failure, leaf }: RefusedLeaf): string {
  return `${failure.message}${leaf ? `, shows ${leaf.subject} issued by ${leaf.issuer}` : ""}`;
}
