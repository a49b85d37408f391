import type { ProbeRequest } from "../model/request.ts";

/** What a run does when it is told nothing but the cluster. */
const DEFAULTS: Omit<ProbeRequest, "cluster"> = {
  resolvers: [],
  connectTo: [],
  samples: 1,
  intervalMs: 0,
  untilSure: undefined,
  compareReuse: false,
  deep: false,
  timeoutMs: 5_000,
  paths: ["vip", "eni"],
  httpVersion: "auto",
  family: "any",
  anonymous: false,
  insecure: false,
  insecureSendToken: false,
  egressIp: undefined,
  egressService: undefined,
  simulated: false,
};

/** The request, with the defaults for whatever is left out. */
export function makeRequest(
  cluster: string,
  asked: Partial<Omit<ProbeRequest, "cluster">> = {},
): ProbeRequest {
  return { ...DEFAULTS, ...asked, cluster };
}
