import { valueOf } from "../../model/fact.ts";
import type { HttpFacts, Observation } from "../../model/observation.ts";
import type { Snapshot } from "../../model/snapshot.ts";

/** Whom Kubernetes takes a caller for that shows nothing. */
export const ANONYMOUS = "system:anonymous";

/**
 * What one answer says of the token that was sent: `lost` where the server saw none of it, `open`
 * where it says nothing, as 429 and 5xx may come before anybody looked at the token.
 */
export type Judgement = "accepted" | "refused" | "lost" | "open";

export interface TokenAnswer {
  /** Address.id */
  readonly address: string;
  readonly status: number;
  readonly judgement: Judgement;
  readonly deniedUser: string | undefined;
  /** Tells the server apart: its certificate's fingerprint; undefined where none was seen. */
  readonly server: string | undefined;
}

/** Every answer to a request that carried the token. */
export function tokenAnswers({ observations }: Snapshot): readonly TokenAnswer[] {
  return observations.flatMap(({ address, http, token, tls }: Observation) =>
    http === undefined || token !== "sent"
      ? []
      : [
          {
            address,
            status: http.status,
            judgement: judge(http),
            deniedUser: http.deniedUser,
            server: tls?.leaf?.sha256,
          },
        ],
  );
}

function judge({ status, deniedUser }: HttpFacts): Judgement {
  if (status === 200) return "accepted";
  if (status === 401) return "refused";
  if (status === 403) return deniedUser === ANONYMOUS ? "lost" : "accepted";
  return "open";
}

/** Addresses with such an answer, each once. */
export function addressesWith(
  answers: readonly TokenAnswer[],
  judgement: Judgement,
): readonly string[] {
  return [
    ...new Set(answers.filter((one) => one.judgement === judgement).map(({ address }) => address)),
  ];
}

/** Whether the token was refused wherever it was judged. */
export function isRefusedEverywhere(snapshot: Snapshot): boolean {
  const judgements = new Set(tokenAnswers(snapshot).map(({ judgement }) => judgement));
  return judgements.has("refused") && !judgements.has("accepted");
}

/** Addresses at which one and the same server both took and refused the token. */
export function undecidedAddresses(answers: readonly TokenAnswer[]): readonly string[] {
  const refused = answers.filter(({ judgement }) => judgement === "refused");
  const undecided = refused.filter(({ address, server }) =>
    answers.some(
      (other) =>
        other.judgement === "accepted" && other.address === address && other.server === server,
    ),
  );
  return addressesWith(undecided, "refused");
}

/** The API servers ask STS about every token, and EKS says when the account has it switched off. */
export function hasLostSts({ cluster }: Snapshot): boolean {
  const issues = valueOf(cluster)?.healthIssues ?? [];
  return issues.some(({ code }) => code === "StsRegionalEndpointDisabled");
}
