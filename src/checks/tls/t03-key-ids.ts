import { type Check, passed, problem, skippedCheck } from "../check.ts";

/**
 * Every leaf has the authority key identifier that strict verifiers want (RFC 5280, 4.2.1.1);
 * Python 3.13 and newer verify strictly by default. That a leaf names its own key too is only
 * recommended (4.2.1.2), so its absence alone is no problem.
 */
export const certificatesCarryKeyIds: Check = {
  topic: "key ids",
  title: "every certificate names its issuer's key (AKI), as strict TLS stacks want",
  optional: true,
  run: ({ map }) => {
    const leaves = map.apiServers.flatMap(({ id, certificates, reachedBy }) =>
      certificates.map((certificate) => ({ id, certificate, reachedBy })),
    );
    if (leaves.length === 0) return skippedCheck("no certificate was seen");
    const without = leaves.filter(({ certificate }) => certificate.authorityKeyId === "no");
    if (without.length > 0) {
      const both = without.every(({ certificate }) => certificate.subjectKeyId === "no");
      const which = both
        ? "neither subject nor authority key identifier"
        : "no authority key identifier";
      const ids = [...new Set(without.map(({ id }) => id))];
      return problem(
        "warn",
        `the ${ids.length === 1 ? "certificate of" : "certificates of"} ${ids.join(", ")} ${ids.length === 1 ? "has" : "have"} ${which}`,
        {
          details: ["newer TLS stacks refuse it: Python 3.13 and later verify strictly by default"],
          side: "aws",
          next: "update the cluster's version, which replaces its servers and their certificates   # until then, those clients have to turn VERIFY_X509_STRICT off",
          addresses: [...new Set(without.flatMap(({ reachedBy }) => reachedBy))],
        },
      );
    }
    return passed("every certificate has one");
  },
};
