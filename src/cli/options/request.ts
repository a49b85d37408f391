import type { HttpVersionChoice } from "../../model/ports.ts";
import type { ProbeRequest } from "../../model/request.ts";
import type { AwsTarget, LocalTarget } from "../../runtime.ts";
import { parseConnectTo, parseResolver } from "../../target/host-port.ts";
import { parseIp, parseMetadata, parseServiceUrl } from "../../target/local.ts";
import {
  parseClusterName,
  parseExternalId,
  parseRegion,
  parseRoleArn,
} from "../../target/names.ts";
import { parseDuration, parseSamples, parseShare } from "../../target/numbers.ts";
import { parsePaths } from "../../target/paths.ts";
import { makeRequest } from "../../target/request.ts";
import type { Environment } from "./read.ts";
import { nonEmpty, UsageError, type ValueReader } from "./values.ts";

/** Set by the lab for what it starts, and good for any other simulation: output then says so. */
const SIMULATED = "EKS_PROBE_SIMULATED";

/** `cluster`: its name, where something else than --cluster names it. */
export function readProbeRequest(
  values: ValueReader,
  environment: Environment,
  cluster: string = requiredCluster(values),
): ProbeRequest {
  const samples = values.one("samples", parseSamples);
  const timeoutMs = values.one("timeout", parseDuration);
  const paths = values.one("paths", parsePaths);
  return makeRequest(cluster, {
    resolvers: values.all("resolver", parseResolver),
    connectTo: values.all("connectTo", parseConnectTo),
    ...(samples === undefined ? {} : { samples }),
    intervalMs: values.one("interval", parseDuration) ?? 0,
    untilSure: values.one("untilSure", parseShare),
    compareReuse: values.has("compareReuse"),
    deep: values.has("deep"),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(paths === undefined ? {} : { paths }),
    httpVersion: httpVersion(values),
    family: family(values),
    anonymous: values.has("anonymous"),
    insecure: values.has("insecure"),
    insecureSendToken: values.has("insecureSendToken"),
    egressIp: values.one("egressIp", parseIp),
    egressService: values.one("egressService", parseServiceUrl),
    simulated: isSimulated(environment),
  });
}

export function isSimulated(environment: Environment): boolean {
  return /^(?:1|true)$/.test(environment[SIMULATED] ?? "");
}

export function requiredCluster(values: ValueReader): string {
  const cluster = values.one("cluster", parseClusterName);
  if (cluster === undefined)
    throw new UsageError(
      "--cluster is missing; name the cluster: --cluster NAME (or EKS_PROBE_CLUSTER)",
    );
  return cluster;
}

export function readAwsTarget(values: ValueReader): AwsTarget {
  return {
    region: values.one("region", parseRegion),
    profile: values.one("profile", nonEmpty("profile name")),
    roleArn: values.one("roleArn", parseRoleArn),
    externalId: values.one("externalId", parseExternalId),
  };
}

export function readLocalTarget(values: ValueReader): LocalTarget {
  return { metadata: values.one("metadata", parseMetadata) };
}

function httpVersion(values: ValueReader): HttpVersionChoice {
  if (values.has("http1.1")) return "http1.1";
  return values.has("http2") ? "http2" : "auto";
}

function family(values: ValueReader): ProbeRequest["family"] {
  if (values.has("ipv4")) return 4;
  return values.has("ipv6") ? 6 : "any";
}
