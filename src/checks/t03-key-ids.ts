import { type Check, passed, problem, skippedCheck } from "./check.ts";

/**
 * Every leaf has the key identifiers that strict verifiers want (RFC 5280, 4.2.1.1: authority key
 * identifier). Python 3.13 and newer verify strictly by default.
 */
export const certificatesCarryKeyIds: Check = {
  topic: "key ids",
  title: "every certificate names its key and its issuer's (SKI, AKI)",
  optional: true,
  run: ({ map }) => {
    const leaves = map.apiServers.flatMap(({ id, certificates, reachedBy }) =>
      certificates.map((certificate) => ({ id, certificate, reachedBy })),
    );
    if (leaves.length === 0) return skippedCheck("no certificate was seen");
    const without = leaves.filter(({ certificate }) => certificate.authorityKeyId === "no");
    if (without.length > 0) {
      return problem(
        "warn",
        `the certificate of ${[...new Set(without.map(({ id }) => id))].join(", ")} has no authority key identifier`,
        {
          details: ["newer TLS stacks refuse it: Python 3.13 and later verify strictly by default"],
          side: "aws",
          next: "an update of the cluster's version makes new certificates; until then those clients need VERIFY_X509_STRICT off",
          addresses: without.flatMap(({ reachedBy }) => reachedBy),
        },
      );
    }
    return passed("every certificate has one");
  },
};
