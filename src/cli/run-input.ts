import type { Deps } from "../model/ports.ts";
import type { ProbeRequest } from "../model/request.ts";
import { createDeps } from "../runtime.ts";
import { withGivenCluster } from "../target/given-cluster.ts";
import { VERSION } from "../version.ts";
import type { Io } from "./io.ts";
import { readGivenCluster } from "./options/given.ts";
import { readAwsTarget, readLocalTarget, readProbeRequest } from "./options/request.ts";
import type { ValueReader } from "./options/values.ts";

/** What every command that makes a run reads from its options: what to do, and with what. */
export async function readRun(
  values: ValueReader,
  io: Io,
): Promise<{ readonly request: ProbeRequest; readonly deps: Deps }> {
  const target = readAwsTarget(values);
  const given = await readGivenCluster(values, target, io.environment);
  const request = readProbeRequest(values, io.environment, given?.name);
  const local = readLocalTarget(values);
  if (given === undefined) {
    return { request, deps: createDeps(target, request.timeoutMs, VERSION, local) };
  }
  // Token and ENIs belong to the region that the cluster was given with.
  const deps = createDeps({ ...target, region: given.region }, request.timeoutMs, VERSION, local);
  return { request, deps: { ...deps, aws: withGivenCluster(deps.aws, given) } };
}

/** Said before anything is sent. */
export function warnInsecure(
  io: Io,
  { insecure, insecureSendToken }: Pick<ProbeRequest, "insecure" | "insecureSendToken">,
): void {
  if (!insecure) return;
  const token = insecureSendToken
    ? "and THE TOKEN IS SENT to servers that nothing vouches for"
    : "no token is sent to them";
  io.stderr.write(`eks-probe: warning: --insecure: certificates are not enforced; ${token}\n`);
}
