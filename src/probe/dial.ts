import type { Failure } from "../model/failure.ts";
import { canonicalIp, compareIps } from "../model/ip.ts";
import { interrupted, type NamePort, type ProbePlan } from "../model/ports.ts";
import type { ProbeRequest } from "../model/request.ts";
import type { Resolution } from "../model/resolution.ts";
import type { DialTarget } from "../target/host-port.ts";
import { ipsOf } from "./addresses.ts";
import { resolveEndpoint } from "./resolve.ts";

export type Dial =
  | { readonly kind: "ok"; readonly dial: ProbePlan["dial"] }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * The IP to dial. Only a --connect-to rule can name a host; it is looked up like the endpoint, with
 * the same resolvers, so that no other server is asked.
 */
export async function resolveDial(
  target: DialTarget,
  request: ProbeRequest,
  names: NamePort,
  signal: AbortSignal,
): Promise<Dial> {
  const ip = canonicalIp(target.host);
  if (ip !== undefined) return { kind: "ok", dial: { ip, port: target.port } };
  if (target.host === "localhost") {
    // RFC 6761: names under localhost always mean loopback; no server is to be asked.
    return {
      kind: "ok",
      dial: { ip: request.family === 6 ? "::1" : "127.0.0.1", port: target.port },
    };
  }
  const answers: Resolution[] = [];
  await resolveEndpoint(target.host, request, names, signal, (answer) => answers.push(answer));
  // By rank and number, never by arrival: every probe of a run is to take the same way.
  const fromHosts = answers.filter(({ resolver }) => resolver.kind === "hosts-file").flatMap(ipsOf);
  const found = (fromHosts.length > 0 ? fromHosts : answers.flatMap(ipsOf)).toSorted(compareIps)[0];
  if (found !== undefined) return { kind: "ok", dial: { ip: found, port: target.port } };
  if (signal.aborted) return { kind: "failed", failure: interrupted("dns") };
  return { kind: "failed", failure: whyUnresolved(target.host, answers) };
}

/** A resolver that could not answer leaves open whether the name exists. */
function whyUnresolved(host: string, answers: readonly Resolution[]): Failure {
  const failures = answers.flatMap(({ answer }) =>
    answer.kind === "failed" ? [answer.failure] : [],
  );
  const open = failures.find(({ code }) => code !== "dns-nxdomain");
  if (open !== undefined) {
    return { ...open, message: `${host}, which --connect-to names: ${open.message}` };
  }
  return {
    code: failures.length > 0 ? "dns-nxdomain" : "dns-nodata",
    phase: "dns",
    side: "user",
    message: `no resolver has an address of ${host}, the host that --connect-to names`,
  };
}
