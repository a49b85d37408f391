import { valueOf } from "../../model/fact.ts";
import type { Certificate } from "../../model/observation.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { coversHost, isClusterIssuer, otherEndpoint, refusedLeaves, severity } from "./refused.ts";

/** No proxy or firewall on the way ends TLS and signs its own certificate. */
export const nobodyInspects: Check = {
  topic: "inspect",
  title: "nobody between here and the API servers ends TLS with a certificate of their own",
  explains: ["T01"],
  run: ({ snapshot }) => {
    if (snapshot.observations.every(({ tls }) => tls?.leaf === undefined))
      return skippedCheck("no certificate was seen");
    const foreign = refusedLeaves(snapshot).flatMap(({ address, failure, leaf }) =>
      failure.code === "tls-untrusted" && leaf !== undefined && isForeign(leaf, snapshot)
        ? [{ address, leaf }]
        : [],
    );
    const [first] = foreign;
    if (first === undefined)
      return passed("every certificate's issuer is called as a cluster's CA");
    const host = valueOf(snapshot.cluster)?.endpoint?.host;
    const resigned = host !== undefined && coversHost(first.leaf, host);
    return problem(
      severity(snapshot),
      resigned
        ? `something in between inspects TLS: ${first.leaf.issuer} signs for the endpoint`
        : `something else than an API server ends TLS: ${first.leaf.subject} of ${first.leaf.issuer}`,
      {
        details: foreign.map(
          ({ address, leaf }) =>
            `${shortAddress(address)}: issued by ${leaf.issuer}; the CA of every EKS cluster is called CN=kubernetes`,
        ),
        side: "network",
        next: `openssl s_client -connect ${first.address} -showcerts </dev/null   # ${
          resigned
            ? "who that is; it has to leave the endpoint out of TLS inspection"
            : "whose that is; a proxy, an ingress or a tunnel listens where the API server should"
        }`,
        addresses: [...new Set(foreign.map(({ address }) => address))],
      },
    );
  },
};

/** What names another cluster's endpoint is that cluster's, whoever issued it (T05). */
function isForeign(leaf: Certificate, snapshot: Snapshot): boolean {
  return !isClusterIssuer(leaf.issuer) && otherEndpoint(leaf, snapshot) === undefined;
}
