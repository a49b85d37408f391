import type { NamePort } from "../model/ports.ts";
import type { ProbeRequest, ResolverChoice } from "../model/request.ts";
import type { RecordType, Resolution } from "../model/resolution.ts";

/** Failures after which a stub resolver turns to its next server; a denial of the name is final. */
const TRY_NEXT: ReadonlySet<string> = new Set([
  "dns-timeout",
  "dns-unreachable",
  "dns-servfail",
  "dns-refused",
  "dns-answer-invalid",
]);

interface Asking {
  readonly host: string;
  readonly names: NamePort;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onAnswer: (resolution: Resolution) => void;
}

/**
 * Asks every chosen resolver for A and AAAA at once; each answer is reported the moment it is
 * there. Only when the system's own resolvers are among the chosen is getaddrinfo asked as well,
 * because it asks servers that were not named. The hosts file asks nobody and is always read.
 */
export async function resolveEndpoint(
  host: string,
  request: ProbeRequest,
  names: NamePort,
  signal: AbortSignal,
  onAnswer: (resolution: Resolution) => void,
): Promise<void> {
  const asking: Asking = { host, names, timeoutMs: request.timeoutMs, signal, onAnswer };
  const types = recordTypes(request.family);
  const chosen: readonly ResolverChoice[] =
    request.resolvers.length > 0 ? request.resolvers : [{ kind: "system" }];
  const work: Promise<void>[] = [report(names.hostsFile(host), onAnswer)];
  for (const choice of chosen) {
    if (choice.kind === "system") {
      work.push(report(names.systemLookup(host, request.timeoutMs, signal), onAnswer));
      for (const type of types) work.push(askInOrder(asking, type));
    } else {
      const server = { ...choice, system: false };
      for (const type of types) {
        work.push(
          report(
            names.query(server, host, type, request.timeoutMs, signal).then((answer) => [answer]),
            onAnswer,
          ),
        );
      }
    }
  }
  await Promise.all(work);
}

function recordTypes(family: ProbeRequest["family"]): readonly RecordType[] {
  if (family === "any") return ["A", "AAAA"];
  return family === 4 ? ["A"] : ["AAAA"];
}

/** The system's servers as a stub resolver asks them: one after the other until one answers. */
async function askInOrder(asking: Asking, type: RecordType): Promise<void> {
  for (const server of await asking.names.systemServers()) {
    const answer = await asking.names.query(
      { kind: "server", ...server, system: true },
      asking.host,
      type,
      asking.timeoutMs,
      asking.signal,
    );
    asking.onAnswer(answer);
    if (answer.answer.kind !== "failed" || !TRY_NEXT.has(answer.answer.failure.code)) return;
  }
}

async function report(
  answers: Promise<readonly Resolution[]>,
  onAnswer: (resolution: Resolution) => void,
): Promise<void> {
  for (const answer of await answers) onAnswer(answer);
}
