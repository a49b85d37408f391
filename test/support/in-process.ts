import { examine } from "../../src/examine.ts";
import type { Lab } from "../../src/lab/start.ts";
import type { Clock, Deps } from "../../src/model/ports.ts";
import type { ConnectToRule, ProbeRequest, ResolverChoice } from "../../src/model/request.ts";
import type { ReportInput } from "../../src/report/input.ts";
import { createDeps, lazyAwsPort, systemClock } from "../../src/runtime.ts";
import { parseConnectTo, parseResolver } from "../../src/target/host-port.ts";
import { parseMetadata } from "../../src/target/local.ts";
import type { Parsed } from "../../src/target/parsed.ts";
import { makeRequest } from "../../src/target/request.ts";

/** Account and region as the environment says. */
const AS_THE_LAB_SAYS = {
  region: undefined,
  profile: undefined,
  roleArn: undefined,
  externalId: undefined,
} as const;

/**
 * One run as the program makes it, with its real ports, but in this process: starting a program
 * costs more than all that it does in a lab.
 */
export function examineIn(
  lab: Lab,
  cluster: string,
  asked: Partial<Omit<ProbeRequest, "cluster">>,
  signal: AbortSignal = new AbortController().signal,
): Promise<ReportInput> {
  const { environment } = lab;
  const request = requestIn(lab, cluster, asked);
  const local = { metadata: readOne(environment["EKS_PROBE_METADATA"] ?? "off", parseMetadata) };
  const deps = createDeps(AS_THE_LAB_SAYS, request.timeoutMs, "0.0.0-test", local, environment);
  return examine(request, deps, signal);
}

/** What the program would be asked in a lab. */
export function requestIn(
  { environment }: Pick<Lab, "environment">,
  cluster: string,
  asked: Partial<Omit<ProbeRequest, "cluster">> = {},
): ProbeRequest {
  return makeRequest(cluster, {
    resolvers: readAll<ResolverChoice>(environment["EKS_PROBE_RESOLVER"], parseResolver),
    connectTo: readAll<ConnectToRule>(environment["EKS_PROBE_CONNECT_TO"], parseConnectTo),
    simulated: true,
    ...asked,
  });
}

/**
 * The program's real ports in a lab whose clock is turned: sockets and calls take real time, tokens
 * and stamps go by the lab's.
 */
export function depsIn(
  { environment }: Pick<Lab, "environment">,
  timeoutMs: number,
  clock: Clock,
): Deps {
  const deps = createDeps(
    AS_THE_LAB_SAYS,
    timeoutMs,
    "0.0.0-test",
    { metadata: undefined },
    environment,
  );
  const real = systemClock();
  const stamped: Clock = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => real.monotonicMs(),
    wait: (ms, signal) => real.wait(ms, signal),
  };
  const aws = lazyAwsPort({ ...AS_THE_LAB_SAYS, timeoutMs, environment }, stamped);
  return { ...deps, clock, aws, evidence: { ...deps.evidence, ...aws } };
}

function readAll<Value>(
  text: string | undefined,
  parse: (part: string) => Parsed<Value>,
): readonly Value[] {
  return (text ?? "").split(" ").map((part) => readOne(part, parse));
}

function readOne<Value>(text: string, parse: (part: string) => Parsed<Value>): Value {
  const parsed = parse(text);
  if (parsed.kind === "bad") throw new Error(parsed.problem);
  return parsed.value;
}
