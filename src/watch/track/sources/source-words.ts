import type { Failure } from "../../../model/failure.ts";
import { shown } from "../words.ts";
import type { FactSource, SourceName } from "./source-answers.ts";

interface SourceWords {
  readonly who: string;
  /** What it shows, with its verb. */
  readonly what: string;
  readonly is: "is" | "are";
  /** What the caller may have to be granted. */
  readonly needs: string;
}

const WORDS: Readonly<Record<FactSource, SourceWords>> = {
  ec2: { who: "EC2", what: "ENIs", is: "are", needs: "ec2:DescribeNetworkInterfaces" },
  eks: { who: "EKS", what: "changes of the cluster", is: "are", needs: "eks:DescribeCluster" },
  updates: {
    who: "EKS",
    what: "updates of the cluster",
    is: "are",
    needs: "eks:ListUpdates and eks:DescribeUpdate",
  },
  leases: {
    who: "API server",
    what: "identity leases",
    is: "are",
    needs: "to list leases in kube-system",
  },
  "service-endpoints": {
    who: "API server",
    what: "endpoints of default/kubernetes",
    is: "are",
    needs: "to list endpointslices in default",
  },
  token: { who: "AWS", what: "token", is: "is", needs: "credentials" },
};

const CREDENTIALS: Readonly<Partial<Record<Failure["code"], string>>> = {
  "no-credentials": "there are no AWS credentials",
  "credentials-expired": "the AWS credentials have expired",
  "credentials-invalid": "AWS refuses the credentials",
};

/** `EC2 throttles: ENIs are not seen until it answers again` */
export function lostWords(names: readonly SourceName[], failure: Failure): string {
  const source = factSourceOf(names);
  if (source === undefined) return `${resolverWords(names)} gives no usable answer`;
  const { who, what, is, needs } = WORDS[source];
  const seen = source === "token" ? "to be had" : "seen";
  if (failure.code === "throttled")
    return `${who} throttles: ${what} ${is} not ${seen} until it answers again`;
  if (isDenied(failure)) return `${what} cannot be ${seen}: the caller needs ${needs}`;
  if (failure.code === "cluster-not-found")
    return `${who} does not know the cluster any more: ${what} ${is} not ${seen}`;
  const credentials = CREDENTIALS[failure.code];
  if (credentials !== undefined) return `${what} ${is} not ${seen}: ${credentials}`;
  return source === "token"
    ? "token is not to be had"
    : `${who} gives no usable answer: ${what} ${is} not ${seen}`;
}

/** `EC2 answers again: ENIs are seen` */
export function regainedWords(names: readonly SourceName[], hadAnswered: boolean): string {
  const source = factSourceOf(names);
  const when = hadAnswered ? "again" : "for the first time";
  if (source === undefined) return `${resolverWords(names)} answers ${when}`;
  if (source === "token") return `token is to be had ${hadAnswered ? "again" : "now"}`;
  const { who, what, is } = WORDS[source];
  return `${who} answers ${when}: ${what} ${is} seen`;
}

/** `ENIs are not seen: …` */
export function blindWords(names: readonly SourceName[], reason: string): string {
  const source = factSourceOf(names);
  if (source === undefined) return `${resolverWords(names)} gives no usable answer: ${reason}`;
  const { what, is } = WORDS[source];
  return `${what} ${is} not ${source === "token" ? "to be had" : "seen"}: ${reason}`;
}

function isDenied({ code, cause }: Failure): boolean {
  return code === "access-denied" || (code === "http-status" && cause === "403");
}

function factSourceOf(names: readonly SourceName[]): FactSource | undefined {
  const [first] = names;
  return first === undefined || first.source === "dns" ? undefined : first.source;
}

/** `resolver 10.0.0.2 (A, AAAA)`, `system lookup (A)` */
function resolverWords(names: readonly SourceName[]): string {
  const asked = names.flatMap((name) => (name.source === "dns" ? [name] : []));
  const resolver = shown(asked[0]?.resolver ?? "");
  const types = [...new Set(asked.map(({ type }) => type))].toSorted();
  return `${resolver.includes(" ") ? "" : "resolver "}${resolver} (${types.join(", ")})`;
}
