import { X509Certificate } from "node:crypto";
import { portOfUrl } from "../model/address.ts";
import type { Cluster, Endpoint, HealthIssue } from "../model/cluster.ts";
import { type Fact, known, skipped, triOf, unknown } from "../model/fact.ts";
import type { Failure } from "../model/failure.ts";
import { sanitizeText } from "../model/text.ts";
import { fieldsOf, listOf, textOf, wordsOf } from "./fields.ts";
import { failed, failureOf, type Outcome, ok } from "./outcome.ts";
import { isRegionName } from "./settings.ts";

/** The part of DescribeCluster's answer that is read. Types are as promised, not as sent. */
export interface ClusterAnswer {
  readonly name?: unknown;
  readonly arn?: unknown;
  readonly status?: unknown;
  readonly version?: unknown;
  readonly platformVersion?: unknown;
  readonly endpoint?: unknown;
  readonly certificateAuthority?: { readonly data?: unknown } | undefined;
  readonly resourcesVpcConfig?: VpcConfigAnswer | undefined;
  readonly kubernetesNetworkConfig?: NetworkConfigAnswer | undefined;
  readonly health?: { readonly issues?: unknown } | undefined;
  readonly accessConfig?: { readonly authenticationMode?: unknown } | undefined;
  readonly id?: unknown;
  readonly outpostConfig?: unknown;
  readonly connectorConfig?: unknown;
  readonly controlPlaneScalingConfig?: { readonly tier?: unknown } | undefined;
}

interface VpcConfigAnswer {
  readonly vpcId?: unknown;
  readonly subnetIds?: unknown;
  readonly securityGroupIds?: unknown;
  readonly clusterSecurityGroupId?: unknown;
  readonly endpointPublicAccess?: unknown;
  readonly endpointPrivateAccess?: unknown;
  readonly publicAccessCidrs?: unknown;
}

interface NetworkConfigAnswer {
  readonly serviceIpv4Cidr?: unknown;
  readonly serviceIpv6Cidr?: unknown;
  readonly ipFamily?: unknown;
}

/**
 * DescribeCluster's answer as the program's cluster: what is absent, or not of its type, is
 * undefined or unknown; so is a certificate authority that is not base64 of PEM certificates, which
 * costs verification but not the rest. Fails with aws-answer-invalid for an endpoint that is not a
 * plain https URL, since everything after builds on it.
 */
export function readCluster(
  answer: ClusterAnswer,
  askedName: string,
  region: string,
): Outcome<Cluster> {
  const vpc: VpcConfigAnswer = answer.resourcesVpcConfig ?? {};
  const network: NetworkConfigAnswer = answer.kubernetesNetworkConfig ?? {};
  const endpoint = readEndpoint(textOf(answer.endpoint));
  if (endpoint.kind === "failed") return endpoint;
  const arn = textOf(answer.arn);
  return ok({
    source: "eks",
    name: textOf(answer.name) ?? askedName,
    arn,
    region: regionOfArn(arn) ?? region,
    status: textOf(answer.status),
    version: textOf(answer.version),
    platformVersion: textOf(answer.platformVersion),
    endpoint: endpoint.value,
    certificateAuthority: readAuthority(answer.certificateAuthority?.data),
    vpcId: textOf(vpc.vpcId),
    subnetIds: listOf(vpc.subnetIds),
    securityGroupIds: listOf(vpc.securityGroupIds),
    clusterSecurityGroupId: textOf(vpc.clusterSecurityGroupId),
    publicAccess: triOf(flagOf(vpc.endpointPublicAccess)),
    privateAccess: triOf(flagOf(vpc.endpointPrivateAccess)),
    publicAccessCidrs: listOf(vpc.publicAccessCidrs),
    serviceIpv4Cidr: textOf(network.serviceIpv4Cidr),
    serviceIpv6Cidr: textOf(network.serviceIpv6Cidr),
    ipFamily: textOf(network.ipFamily),
    healthIssues: readHealth(answer.health?.issues),
    authenticationMode: textOf(answer.accessConfig?.authenticationMode),
    localId: readLocalId(answer),
    connectorProvider: readProvider(answer.connectorConfig),
    scalingTier: textOf(answer.controlPlaneScalingConfig?.tier),
  });
}

/** Only a connected cluster has this part; it counts also where it does not name the provider. */
function readProvider(connectorConfig: unknown): string | undefined {
  const fields = fieldsOf(connectorConfig);
  if (Object.keys(fields).length === 0) return undefined;
  return textOf(fields["provider"]) ?? "an unnamed provider";
}

/**
 * Only a local cluster on an Outpost has an id (EKS API Reference, Cluster). Tokens then name it and
 * not the cluster, so that a stray one would cost the token: both fields have to say it.
 */
function readLocalId({ id, outpostConfig }: ClusterAnswer): string | undefined {
  const isLocal = typeof outpostConfig === "object" && outpostConfig !== null;
  return isLocal && typeof id === "string" && LOCAL_ID.test(id) ? id : undefined;
}

/** A UUID; it becomes the value of a header. */
const LOCAL_ID = /^[\w-]{1,100}$/;

/** EKS names each issue by a code; one without is not read. */
function readHealth(issues: unknown): readonly HealthIssue[] | undefined {
  if (!Array.isArray(issues)) return undefined;
  return issues.flatMap((issue: unknown) => {
    const { code, message, resourceIds } = fieldsOf(issue);
    const name = wordsOf(code, 80);
    return name === ""
      ? []
      : [
          {
            code: name,
            message: wordsOf(message, 300),
            resourceIds: (listOf(resourceIds) ?? []).slice(0, 20),
          },
        ];
  });
}

function readEndpoint(url: string | undefined): Outcome<Endpoint | undefined> {
  if (url === undefined) return ok(undefined);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const plain =
    parsed !== undefined &&
    parsed.protocol === "https:" &&
    parsed.username === "" &&
    parsed.password === "" &&
    (parsed.pathname === "/" || parsed.pathname === "") &&
    parsed.search === "" &&
    parsed.hash === "" &&
    // The URL parser admits characters that no resolver does.
    /^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])$/.test(parsed.hostname);
  if (!plain) return invalid(`the endpoint ${sanitizeText(url, 100)} is not a plain https URL`);
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  return ok({ url, host, port: portOfUrl(parsed) });
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

function readAuthority(data: unknown): Fact<string> {
  if (typeof data !== "string" || data === "") return skipped("DescribeCluster gave none");
  const blocks = Buffer.from(data, "base64").toString("latin1").match(PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0 || !blocks.every(isCertificate)) {
    return unknown(answerFailure("the certificate authority is not base64 of PEM certificates"));
  }
  return known(`${blocks.join("\n")}\n`);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

/** `arn:aws:eks:<region>:…`; an endpoint's name does not tell the region in every partition. */
function regionOfArn(arn: string | undefined): string | undefined {
  const region = arn?.split(":")[3];
  return region !== undefined && isRegionName(region) ? region : undefined;
}

function flagOf(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function invalid(message: string): Outcome<never> {
  return failed(answerFailure(message));
}

function answerFailure(message: string): Failure {
  return failureOf(
    "aws-answer-invalid",
    "describe-cluster",
    "aws",
    `eks:DescribeCluster: ${message}`,
  );
}
