import type { Observation } from "../model/observation.ts";
import { type Check, count, passed, problem, shortAddress, skippedCheck } from "./check.ts";

/** Every certificate that was shown verifies against the cluster's CA and name. */
export const certificatesVerify: Check = {
  topic: "tls",
  title: "every server's certificate is signed by the cluster's CA, valid, and names the endpoint",
  run: ({ snapshot }) => {
    const shaken = snapshot.observations.filter(({ tls }) => tls !== undefined);
    if (shaken.length === 0) return skippedCheck("no TLS handshake was completed");
    const refused = shaken.filter(({ tls }) => tls?.verification.kind === "refused");
    const addresses = addressesOf(shaken);
    if (refused.length > 0) {
      const bad = addressesOf(refused);
      return problem(
        snapshot.request.insecure ? "warn" : "fail",
        `${bad.length} of ${count(addresses.length, "address", "addresses")} not verified by the cluster's CA`,
        {
          details: bad.map(
            (id) =>
              `${shortAddress(id)}: ${whyRefused(refused.find(({ address }) => address === id))}`,
          ),
          side: "network",
          next: nextFor(refused[0]),
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

function whyRefused(observation: Observation | undefined): string {
  const tls = observation?.tls;
  if (tls?.verification.kind !== "refused") return "";
  const who = tls.leaf ? `, shows ${tls.leaf.subject} issued by ${tls.leaf.issuer}` : "";
  const inspected =
    tls.verification.failure.code === "tls-untrusted" &&
    tls.leaf &&
    !CLUSTER_ISSUER.test(tls.leaf.issuer)
      ? "; no cluster's CA is called so: something in between inspects TLS"
      : "";
  return `${tls.verification.failure.message}${who}${inspected}`;
}

function nextFor(observation: Observation | undefined): string | undefined {
  const verification = observation?.tls?.verification;
  if (observation === undefined || verification?.kind !== "refused") return undefined;
  const { code } = verification.failure;
  if (code === "tls-expired" || code === "tls-not-yet-valid") {
    return "date -u   # is this clock right? if it is, AWS support: the server's certificate is overdue";
  }
  const show = `openssl s_client -connect ${observation.address} -showcerts </dev/null`;
  const leaf = observation.tls?.leaf;
  return code === "tls-untrusted" && leaf !== undefined && !CLUSTER_ISSUER.test(leaf.issuer)
    ? `${show}   # who issued it; a proxy or firewall of yours has to leave the endpoint out of TLS inspection`
    : `${show}   # whose server that is; a stale hosts entry or an address of another cluster shows like this`;
}

/** EKS, like kubeadm, calls every cluster's CA `kubernetes` (field notes and recordings). */
const CLUSTER_ISSUER = /(?:^|, )CN=kubernetes(?:$|,)/;
