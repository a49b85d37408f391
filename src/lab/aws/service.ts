import type { LabPrincipal, Scenario } from "../scenario.ts";
import type { PrincipalStore } from "./principals.ts";
import type { Problem } from "./problem.ts";
import type { AwsRequest } from "./request.ts";

/** What the services answer from. */
export interface AwsWorld {
  readonly scenario: Scenario;
  readonly principals: PrincipalStore;
  /** PEM; undefined while a cluster has none. */
  certificateAuthorityOf(clusterName: string): string | undefined;
  /** By role ARN: the external id AssumeRole has to bring. */
  readonly externalIds: Readonly<Record<string, string>>;
  /** When clusters and ENIs were made, milliseconds since the epoch. */
  readonly createdAtMs: number;
  /** What ages of a scenario count from, milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly nowMs: number;
}

export interface AwsCall {
  readonly request: AwsRequest;
  readonly caller: LabPrincipal;
  /** Of the credential scope: a region the scenario is not about has nothing in it. */
  readonly region: string;
  readonly requestId: string;
}

export type ServiceResult =
  | { readonly kind: "ok"; readonly body: string }
  | { readonly kind: "problem"; readonly problem: Problem };

/** What a request asks for, known before it is done, so that it can be denied or made to fail. */
export interface Operation {
  /** `eks:DescribeCluster` */
  readonly action: string;
  /** How the service words that the caller may not. */
  denial(): string;
  run(): ServiceResult;
}

export function ok(body: string): ServiceResult {
  return { kind: "ok", body };
}

/** An error that one service alone knows; 400 unless said otherwise. */
export function serviceError(
  code: string,
  message: string,
  status = 400,
  details: Readonly<Record<string, string>> = {},
): ServiceResult {
  return { kind: "problem", problem: { kind: "service", code, status, message, details } };
}
