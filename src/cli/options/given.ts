import type { GivenContext } from "../../local/given-context.ts";
import { portOfUrl } from "../../model/address.ts";
import { type Fact, known, skipped } from "../../model/fact.ts";
import { type AwsTarget, awsRegion } from "../../runtime.ts";
import { type GivenCluster, parseEndpoint } from "../../target/given-cluster.ts";
import { parseClusterName } from "../../target/names.ts";
import type { Parsed } from "../../target/parsed.ts";
import type { Environment } from "./read.ts";
import { requiredCluster } from "./request.ts";
import { nonEmpty, UsageError, type ValueReader } from "./values.ts";

/**
 * The cluster as the user gives it, by --endpoint or --kubeconfig; undefined when EKS is to be
 * asked. Region: --region, then what the kubeconfig says, then what the AWS settings say; never
 * guessed from the endpoint's name, which has its own form in each partition.
 */
export async function readGivenCluster(
  values: ValueReader,
  target: AwsTarget,
  environment: Environment,
): Promise<GivenCluster | undefined> {
  if (values.has("endpoint")) return readFlags(values, target);
  if (values.has("kubeconfig")) return readKubeconfig(values, target, environment);
  return undefined;
}

async function readFlags(
  values: ValueReader,
  target: AwsTarget,
): Promise<GivenCluster | undefined> {
  const endpoint = values.one("endpoint", parseEndpoint);
  if (endpoint === undefined) return undefined;
  const caFile = values.one("caFile", nonEmpty("file name"));
  if (caFile === undefined && !values.has("insecure")) {
    throw new UsageError(
      "--endpoint needs --ca-file FILE with the cluster's CA, or --insecure to go on without",
    );
  }
  const name = requiredCluster(values);
  return {
    source: "flags",
    name,
    region: target.region ?? (await awsRegion(target)),
    endpoint,
    certificateAuthority: await readAuthority(values, caFile),
  };
}

async function readAuthority(
  values: ValueReader,
  caFile: string | undefined,
): Promise<Fact<string>> {
  if (caFile === undefined) return skipped("--insecure without --ca-file: there is no CA to trust");
  const { readCaFile } = await import("../../local/given-context.ts");
  return known(orUsageError(await readCaFile(caFile), values, "caFile"));
}

async function readKubeconfig(
  values: ValueReader,
  target: AwsTarget,
  environment: Environment,
): Promise<GivenCluster | undefined> {
  const file = values.one("kubeconfig", nonEmpty("file name"));
  if (file === undefined) return undefined;
  const { readGivenContext } = await import("../../local/given-context.ts");
  const context = values.one("context", nonEmpty("context name"));
  const given = orUsageError(
    await readGivenContext(file, context, environment),
    values,
    "kubeconfig",
  );
  const { entry } = given;
  refuseOtherName(entry);
  const endpoint = orUsageError(parseEndpoint(entry.server), values, "kubeconfig");
  return {
    source: "kubeconfig",
    name: nameOf(values, given),
    region: target.region ?? given.region ?? (await awsRegion(target)),
    endpoint,
    certificateAuthority: entry.certificateAuthority,
  };
}

/** A tunnel's end, also where it is an address: what it stands for has to be said. */
function refuseOtherName({ server, tlsServerName }: GivenContext["entry"]): void {
  if (tlsServerName === undefined || !URL.canParse(server)) return;
  const url = new URL(server);
  const { hostname } = url;
  if (tlsServerName.toLowerCase() === hostname.replace(/\.$/, "")) return;
  throw new UsageError(
    `--kubeconfig: its server is reached under another name (tls-server-name ${tlsServerName}); give --endpoint https://${tlsServerName}, --ca-file, and --connect-to ::${hostname}:${portOfUrl(url)}`,
  );
}

/** --cluster, else what the kubeconfig's command, ARN or eksctl name says. */
function nameOf(values: ValueReader, { clusterName, entry }: GivenContext): string {
  const named = values.one("cluster", parseClusterName) ?? clusterName;
  if (named !== undefined) return named;
  throw new UsageError(
    `--cluster is missing, and the context ${JSON.stringify(entry.context)} does not name the EKS cluster; name it, for the token and the ENIs: --cluster NAME`,
  );
}

function orUsageError<T>(parsed: Parsed<T>, values: ValueReader, key: string): T {
  if (parsed.kind === "ok") return parsed.value;
  throw new UsageError(`${values.nameOf(key)}: ${parsed.problem}`);
}
