import { type Fact, known, skipped, unknown } from "../model/fact.ts";
import type { Failure, FailureCode } from "../model/failure.ts";
import type { Instance } from "../model/investigation.ts";
import { canonicalIp } from "../model/ip.ts";
import { type Clock, interrupted } from "../model/ports.ts";
import { sanitizeText } from "../model/text.ts";
import type { MetadataChoice } from "../target/local.ts";
import { CLUSTER_NAME } from "../target/names.ts";
import { startDeadline } from "./deadline.ts";
import { openPlainServer, type PlainFailure, type PlainServer } from "./plain-http.ts";

export interface MetadataOptions {
  /** What the user says; it beats the environment. */
  readonly choice: MetadataChoice | undefined;
  /** AWS_EC2_METADATA_DISABLED and AWS_EC2_METADATA_SERVICE_ENDPOINT count, as for the AWS SDKs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** EC2 user guide: the service's link-local address, the same on every instance. */
const DEFAULT_ENDPOINT = "http://169.254.169.254";

/** The service is on the instance's own hypervisor: a millisecond away, or not there. */
const CONNECT_MS = 1_000;
const ALL_MS = 2_000;
const MAX_BODY_BYTES = 16 * 1024;

/** The session is over within `ALL_MS`. */
const TOKEN_TTL_SECONDS = "60";

/**
 * The EC2 instance this runs on, by IMDSv2: a session token first, then one question for each fact.
 * IMDSv1, which needs no token, is not used: what answers it need not be the instance's own.
 * Never rejects.
 *
 * Failures: `metadata-unreachable` (no connection: most likely no EC2 instance), `metadata-timeout`
 * (a connection and no token), `metadata-answer-invalid`.
 */
export function askInstance(
  options: MetadataOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Fact<Instance>> {
  return inSession(options, clock, signal, readInstance);
}

/**
 * The EKS cluster that the tags of this instance name, by IMDSv2 as `askInstance` asks it. Skipped
 * where the instance does not let its tags be read, or none of them names a cluster. Never rejects.
 *
 * Failures: as of `askInstance`.
 */
export function askClusterTag(
  options: MetadataOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Fact<string>> {
  return inSession(options, clock, signal, readClusterTag);
}

async function inSession<T>(
  options: MetadataOptions,
  clock: Clock,
  signal: AbortSignal,
  read: (service: Service, token: string) => Promise<Fact<T>>,
): Promise<Fact<T>> {
  const endpoint = chooseEndpoint(options);
  if (endpoint.kind !== "known") return endpoint;
  const { origin, pathname } = new URL(endpoint.value);
  const deadline = startDeadline(clock, ALL_MS, signal);
  const limits = { connectMs: CONNECT_MS, maxBodyBytes: MAX_BODY_BYTES };
  const server = await openPlainServer(origin, limits, clock, deadline);
  try {
    const service = { server, origin, base: pathname.replace(/\/$/, "") };
    const token = await openSession(service);
    return token.kind === "known" ? await read(service, token.value) : token;
  } finally {
    server.close();
    deadline.release();
  }
}

function chooseEndpoint({ choice, environment }: MetadataOptions): Fact<string> {
  if (choice?.kind === "url") return known(choice.url);
  if (choice?.kind === "off") return skipped("--metadata off");
  if (environment["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") {
    return skipped("AWS_EC2_METADATA_DISABLED is set");
  }
  const text = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "";
  if (text === "") return known(DEFAULT_ENDPOINT);
  if (URL.canParse(text) && new URL(text).protocol === "http:") return known(text);
  return skipped("AWS_EC2_METADATA_SERVICE_ENDPOINT is not an http URL");
}

interface Service {
  readonly server: PlainServer;
  readonly origin: string;
  /** Path before /latest; empty at EC2's own. */
  readonly base: string;
}

async function openSession({ server, origin, base }: Service): Promise<Fact<string>> {
  const session = await server.ask({
    method: "PUT",
    path: `${base}/latest/api/token`,
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": TOKEN_TTL_SECONDS },
  });
  if (session.kind === "failed") return unknown(lost(origin, session.failed, "token"));
  if (session.status !== 200) return unknown(noToken(origin, session.status));
  // It goes back as a header, and nowhere else.
  if (!/^[\x21-\x7e]{1,1024}$/.test(session.body)) return unknown(badAnswer(origin, "token"));
  return known(session.body);
}

async function readInstance(service: Service, token: string): Promise<Fact<Instance>> {
  const first = await readValues(service, token, {
    "instance-id": idOf("i"),
    "placement/region": oneOf(/^[a-z]{2,8}(?:-[a-z]{1,20}){1,4}-\d{1,2}$/),
    mac: oneOf(/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/),
  });
  if (first.kind !== "known") return first;
  const { mac } = first.value;
  const of = (name: string): string => `network/interfaces/macs/${mac?.[0] ?? ""}/${name}`;
  const second =
    mac === undefined
      ? known<Values>({})
      : await readValues(service, token, {
          [of("local-ipv4s")]: canonicalIp,
          [of("public-ipv4s")]: canonicalIp,
          [of("vpc-id")]: idOf("vpc"),
          [of("subnet-id")]: idOf("subnet"),
          [of("security-group-ids")]: idOf("sg"),
        });
  if (second.kind !== "known") return second;
  return known({
    instanceId: first.value["instance-id"]?.[0],
    region: first.value["placement/region"]?.[0],
    privateIp: second.value[of("local-ipv4s")]?.[0],
    publicIp: second.value[of("public-ipv4s")]?.[0],
    vpcId: second.value[of("vpc-id")]?.[0],
    subnetId: second.value[of("subnet-id")]?.[0],
    securityGroupIds: second.value[of("security-group-ids")] ?? [],
  });
}

/**
 * Of managed node groups, and of Auto Mode and Karpenter; the first is AWS's own, which no user can
 * set. Tags with a slash in their key, such as `kubernetes.io/cluster/NAME`, are never in the metadata.
 */
const CLUSTER_TAGS = ["aws:eks:cluster-name", "eks:cluster-name", "eks:eks-cluster-name"];

const TAGS = "tags/instance";

async function readClusterTag(service: Service, token: string): Promise<Fact<string>> {
  const listed = await readValues(service, token, { [TAGS]: (line) => line });
  if (listed.kind !== "known") return listed;
  const keys = listed.value[TAGS];
  if (keys === undefined) {
    return skipped("this instance does not let its tags be read in its metadata");
  }
  const key = CLUSTER_TAGS.find((one) => keys.includes(one));
  if (key === undefined) return skipped("no tag of this instance names an EKS cluster");
  const path = `${TAGS}/${key}`;
  const told = await readValues(service, token, { [path]: oneOf(CLUSTER_NAME) });
  if (told.kind !== "known") return told;
  const [name] = told.value[path] ?? [];
  return name === undefined ? skipped(`the tag ${key} of this instance is gone`) : known(name);
}

/** The lines of each value that the instance has. */
type Values = Readonly<Record<string, readonly string[]>>;

/** What a line has to be; undefined for any other. */
type ReadLine = (line: string) => string | undefined;

/** 404 is how the service says that the instance has no such thing: no public address, say. */
async function readValues(
  { server, origin, base }: Service,
  token: string,
  wanted: Readonly<Record<string, ReadLine>>,
): Promise<Fact<Values>> {
  const headers = { "x-aws-ec2-metadata-token": token };
  const values: Record<string, readonly string[]> = {};
  for (const [name, readLine] of Object.entries(wanted)) {
    const path = `${base}/latest/meta-data/${name}`;
    // oxlint-disable-next-line eslint/no-await-in-loop -- over one connection
    const reply = await server.ask({ method: "GET", path, headers });
    if (reply.kind === "failed") return unknown(lost(origin, reply.failed, name));
    if (reply.status === 404) continue;
    const lines = reply.body.trim().split(/\r?\n/).map(readLine);
    const good = lines.filter((line) => line !== undefined);
    if (reply.status !== 200 || good.length < lines.length) return unknown(badAnswer(origin, name));
    values[name] = good;
  }
  return known(values);
}

/** `i-0123456789abcdef0`; eight digits in old accounts. */
function idOf(kind: string): ReadLine {
  return oneOf(new RegExp(`^${kind}-[0-9a-f]{8,17}$`));
}

function oneOf(form: RegExp): ReadLine {
  return (line) => (form.test(line) ? line : undefined);
}

function lost(origin: string, { stage, stopped, cause }: PlainFailure, what: string): Failure {
  if (stopped === "interrupted") return interrupted("metadata");
  if (stage === "connect") {
    const message = `the instance metadata service at ${origin} cannot be reached: most likely this is no EC2 instance`;
    return failure("metadata-unreachable", "local", message, cause);
  }
  if (stopped === "deadline" && what === "token") {
    const message = `the instance metadata service at ${origin} took the connection and gave no session token: in a container, the answer dies on its way where the instance's hop limit is 1`;
    return failure("metadata-timeout", "local", message);
  }
  if (stopped === "deadline") {
    const message = `the instance metadata service at ${origin} did not answer within ${ALL_MS} ms`;
    return failure("metadata-timeout", "local", message);
  }
  return failure(
    "metadata-answer-invalid",
    "local",
    `what ${origin} sent is not the instance metadata service's (${nameOf(what)})`,
    cause,
  );
}

function noToken(origin: string, status: number): Failure {
  const why = status === 403 ? ": the service is switched off for this instance" : "";
  const message = `${origin} answered ${status} when asked for a session token${why}`;
  return failure("metadata-answer-invalid", "local", message, String(status));
}

function badAnswer(origin: string, what: string): Failure {
  const message = `what ${origin} says is no ${nameOf(what)} of an instance`;
  return failure("metadata-answer-invalid", "local", message);
}

/** Without the interface's address. */
function nameOf(path: string): string {
  return path.replace(/^.*\//, "");
}

function failure(
  code: FailureCode,
  side: Failure["side"],
  message: string,
  cause?: string,
): Failure {
  const made = { code, phase: "metadata", side, message: sanitizeText(message, 400) } as const;
  return cause === undefined ? made : { ...made, cause: sanitizeText(cause, 100) };
}
