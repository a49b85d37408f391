import { EC2ServiceException } from "@aws-sdk/client-ec2";
import { EKSServiceException } from "@aws-sdk/client-eks";
import { STSServiceException } from "@aws-sdk/client-sts";
import { type AwsOptions, type RunningAws, startAwsServer } from "../../src/lab/aws/server.ts";
import type { LabPrincipal, Scenario } from "../../src/lab/scenario.ts";
import { ADMIN, makeScenario, REGION } from "./lab-scenario.ts";

const running: RunningAws[] = [];

/** The simulated AWS over the test scenario, until stopAws. */
export async function startAws(
  change: Partial<Scenario> = {},
  options: Partial<AwsOptions> = {},
): Promise<RunningAws> {
  const server = await startAwsServer({
    scenario: () => makeScenario(change),
    certificateAuthorityOf: () => "example PEM",
    createdAtMs: Date.parse("2023-04-17T04:15:37.988Z"),
    nowMs: () => Date.now(),
    ...options,
  });
  running.push(server);
  return server;
}

export async function stopAws(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close()));
}

export interface ClientSettings {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly maxAttempts: number;
}

/** For a client of the AWS SDK. */
export function settings(
  server: RunningAws,
  principal: LabPrincipal = ADMIN,
  region: string = REGION,
): ClientSettings {
  const { accessKeyId, secretAccessKey, sessionToken } = principal;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  return { region, endpoint: server.url, credentials, maxAttempts: 1 };
}

export interface Refusal {
  readonly name: string;
  readonly status: number | undefined;
  readonly message: string;
}

/** What the SDK made of an error: its name, status and message. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) return { name: "none", status: undefined, message: "" };
  const isFromService =
    error instanceof EKSServiceException ||
    error instanceof EC2ServiceException ||
    error instanceof STSServiceException;
  const status = isFromService ? error.$metadata.httpStatusCode : undefined;
  return { name: error.name, status, message: error.message };
}
