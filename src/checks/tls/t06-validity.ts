import type { Snapshot } from "../../model/snapshot.ts";
import { formatTime } from "../../model/time.ts";
import { type Check, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { type RefusedLeaf, severity } from "./refused.ts";
import { isThisClock, refusedByDate } from "./validity.ts";

/** Every certificate is good today, by a clock that is right. */
export const certificatesAreCurrent: Check = {
  topic: "validity",
  title: "no certificate has expired or is not yet valid",
  explains: ["T01"],
  run: ({ snapshot }) => {
    if (snapshot.observations.every(({ tls }) => tls?.leaf === undefined))
      return skippedCheck("no certificate was seen");
    const refused = refusedByDate(snapshot);
    if (refused.length === 0) return passed("every certificate is within its dates");
    const { summary, side, next } = verdictOf(refused, snapshot);
    return problem(severity(snapshot), summary, {
      details: refused.map(describe),
      side,
      next,
      addresses: [...new Set(refused.map(({ address }) => address))],
    });
  },
};

interface Blame {
  readonly summary: string;
  readonly side: "local" | "aws";
  readonly next: string;
}

function verdictOf(refused: readonly RefusedLeaf[], snapshot: Snapshot): Blame {
  const blamed = refused.map((one) => isThisClock(one, snapshot));
  const what = datesWords(refused);
  if (blamed.every((one) => one === "yes")) {
    return {
      summary: "this host's clock is wrong: by the servers' time the certificates are good",
      side: "local",
      next: "timedatectl   # or chronyc tracking; TLS and tokens both need the right time",
    };
  }
  if (blamed.includes("no")) {
    return {
      summary: `the certificate is ${what}, and this host's clock is not to blame`,
      side: "aws",
      next: `eks-probe endpoints --cluster ${snapshot.request.cluster} --wide   # has the serials and dates for AWS support: EKS renews these certificates, you cannot`,
    };
  }
  return {
    summary: `every certificate is ${what} by this clock, which is more likely wrong than all of them`,
    side: "local",
    next: "date -u   # is this clock right? if it is, AWS support: the servers' certificates are overdue",
  };
}

function datesWords(refused: readonly RefusedLeaf[]): string {
  const codes = new Set(refused.map(({ failure }) => failure.code));
  if (codes.size > 1) return "outside its dates";
  return codes.has("tls-expired") ? "expired" : "not yet valid";
}

function describe({ address, leaf, failure }: RefusedLeaf): string {
  if (leaf === undefined) return `${shortAddress(address)}: ${failure.message}`;
  return `${shortAddress(address)}: good from ${formatTime(leaf.notBefore)} to ${formatTime(leaf.notAfter)}`;
}
