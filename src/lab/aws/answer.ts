import { randomBytes, randomUUID } from "node:crypto";
import type { AwsFault } from "../scenario.ts";
import { routeEc2 } from "./ec2.ts";
import { routeEks } from "./eks.ts";
import type { FaultPlan } from "./faults.ts";
import { type AwsService, type Problem, wordProblem } from "./problem.ts";
import { type AwsReply, errorReply, okReply, type Spelling } from "./reply.ts";
import { type AwsRequest, guessService } from "./request.ts";
import type { AwsCall, AwsWorld, Operation } from "./service.ts";
import { type ClockRules, checkClaim } from "./sigv4.ts";
import { readClaim } from "./sigv4-claim.ts";
import { routeSts, wantsJson } from "./sts.ts";

/** One call that reached the server; no credentials but the access key's owner. */
export interface AwsLogEntry {
  readonly service: AwsService;
  /** `eks:DescribeCluster`; undefined for a request refused before it was looked at. */
  readonly action: string | undefined;
  readonly region: string | undefined;
  /** ARN of the caller, once the signature was found good. */
  readonly caller: string | undefined;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
}

export interface AwsAnswer {
  /** Undefined: no answer ever. */
  readonly reply: AwsReply | undefined;
  readonly logged: AwsLogEntry;
}

const FIVE_MINUTES_MS = 300_000;

/** STS alone goes by its own clock, 15 minutes, whatever X-Amz-Expires asks for. */
const CLOCK_RULES: Readonly<Record<AwsService, ClockRules>> = {
  eks: { headerWindowMs: FIVE_MINUTES_MS, presignedWindowMs: "signed" },
  ec2: { headerWindowMs: FIVE_MINUTES_MS, presignedWindowMs: "signed" },
  sts: { headerWindowMs: FIVE_MINUTES_MS, presignedWindowMs: 900_000 },
};

const ROUTES: Readonly<Record<AwsService, (call: AwsCall, world: AwsWorld) => Operation>> = {
  eks: routeEks,
  ec2: routeEc2,
  sts: routeSts,
};

/** Who asks for what, once that is certain. */
type Authenticated =
  | { readonly kind: "call"; readonly service: AwsService; readonly call: AwsCall }
  | {
      readonly kind: "refused";
      readonly service: AwsService;
      readonly region: string | undefined;
      readonly problem: Problem;
    };

/** Signature first, then the scenario's faults, then the service. */
export function answerRequest(request: AwsRequest, world: AwsWorld, faults: FaultPlan): AwsAnswer {
  const requestId = randomUUID();
  const authenticated = authenticate(request, world, requestId);
  const { service } = authenticated;
  const spelling = spellingOf(service, request);
  const refuse = (problem: Problem, known: Partial<AwsLogEntry>): AwsAnswer => {
    const error = wordProblem(service, problem);
    const reply = errorReply(service, error, spelling, requestId);
    const logged = { ...NOTHING_KNOWN, ...known, service };
    return { reply, logged: { ...logged, status: reply.status, errorCode: error.code } };
  };
  if (authenticated.kind === "refused") {
    return refuse(authenticated.problem, { region: authenticated.region });
  }

  const { call } = authenticated;
  const operation = ROUTES[service](call, world);
  const known = { action: operation.action, region: call.region, caller: call.caller.arn };
  const logged = { ...NOTHING_KNOWN, ...known, service };
  const fault = faults.next(operation.action);
  if (fault === "never") return { reply: undefined, logged };
  if (fault === "garbage") {
    const reply = okReply(randomBytes(256), spelling, requestId);
    return { reply, logged: { ...logged, status: reply.status } };
  }
  if (fault !== undefined) return refuse(problemOf(fault, operation), known);

  const result = operation.run();
  if (result.kind === "problem") return refuse(result.problem, known);
  const reply = okReply(result.body, spelling, requestId);
  return { reply, logged: { ...logged, status: reply.status } };
}

const NOTHING_KNOWN = {
  action: undefined,
  region: undefined,
  caller: undefined,
  status: undefined,
  errorCode: undefined,
} as const;

function authenticate(request: AwsRequest, world: AwsWorld, requestId: string): Authenticated {
  const read = readClaim(request);
  if (read.kind === "problem") {
    const service = guessService(request);
    return { kind: "refused", service, region: undefined, problem: read.problem };
  }
  const { claim } = read;
  const { region } = claim.scope;
  const service = serviceNamed(claim.scope.service);
  if (service === undefined) {
    const message = "Credential should be scoped to one of the services: 'eks', 'ec2', 'sts'.";
    const problem: Problem = { kind: "signature-mismatch", message };
    return { kind: "refused", service: guessService(request), region, problem };
  }
  const known = world.principals.find(claim.accessKeyId);
  const problem = checkClaim(request, claim, known?.key, CLOCK_RULES[service], world.nowMs);
  if (problem !== undefined || known === undefined) {
    const why: Problem = problem ?? { kind: "unknown-key" };
    return { kind: "refused", service, region, problem: why };
  }
  return {
    kind: "call",
    service,
    call: { request, caller: known.principal, region, requestId },
  };
}

function serviceNamed(name: string): AwsService | undefined {
  return name === "eks" || name === "ec2" || name === "sts" ? name : undefined;
}

function spellingOf(service: AwsService, request: AwsRequest): Spelling {
  if (service === "eks") return "json";
  return service === "sts" && wantsJson(request) ? "json" : "xml";
}

function problemOf(
  fault: Exclude<AwsFault["kind"], "never" | "garbage">,
  operation: Operation,
): Problem {
  switch (fault) {
    case "access-denied":
      return { kind: "access-denied", message: operation.denial() };
    case "throttling":
      return { kind: "throttling" };
    case "expired-token":
      return { kind: "expired-credentials" };
    case "unrecognized-client":
      return { kind: "unknown-key" };
    case "invalid-client-token":
      return serviceProblem("InvalidClientTokenId", INVALID_TOKEN);
    case "region-disabled":
      return serviceProblem("RegionDisabledException", REGION_DISABLED);
    case "server-error":
      return { kind: "server-error" };
  }
}

const INVALID_TOKEN = "The security token included in the request is invalid.";
const REGION_DISABLED =
  "STS is not activated in this region for account. Your account administrator can activate STS in this region using the IAM Console.";

function serviceProblem(code: string, message: string): Problem {
  return { kind: "service", code, status: 403, message };
}
