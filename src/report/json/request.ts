import type { ProbeRequest } from "../../model/request.ts";

/** What was asked for; that it was asked of a simulation stands at the top of the document. */
export type RequestDocument = Omit<ProbeRequest, "simulated">;

/** Nothing in it is a secret: URLs lose user name, password and query, where people put theirs. */
export function requestDocument(request: ProbeRequest): RequestDocument {
  return {
    cluster: request.cluster,
    resolvers: request.resolvers,
    connectTo: request.connectTo,
    samples: request.samples,
    intervalMs: request.intervalMs,
    untilSure: request.untilSure,
    compareReuse: request.compareReuse,
    deep: request.deep,
    timeoutMs: request.timeoutMs,
    paths: request.paths,
    httpVersion: request.httpVersion,
    family: request.family,
    anonymous: request.anonymous,
    insecure: request.insecure,
    insecureSendToken: request.insecureSendToken,
    egressIp: request.egressIp,
    egressService: request.egressService && bareUrl(request.egressService),
  };
}

function bareUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname } = new URL(text);
  return origin + pathname;
}
