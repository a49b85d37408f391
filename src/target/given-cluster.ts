import { portOfUrl } from "../model/address.ts";
import { type Cluster, type Endpoint, UNDESCRIBED } from "../model/cluster.ts";
import { type Fact, known } from "../model/fact.ts";
import type { Failure } from "../model/failure.ts";
import { canonicalIp } from "../model/ip.ts";
import type { AwsPort } from "../model/ports.ts";
import { bad, ok, type Parsed, quoteInput } from "./parsed.ts";

/** What the user gives in place of DescribeCluster's answer. */
export interface GivenCluster {
  readonly source: Exclude<Cluster["source"], "eks">;
  /** The token is signed for it, and EC2 is asked for the ENIs that carry it. */
  readonly name: string;
  readonly region: string | undefined;
  readonly endpoint: Endpoint;
  /** PEM; the only trust. */
  readonly certificateAuthority: Fact<string>;
}

/** The cluster, of which nothing is known but what was given. */
export function clusterFromGiven(given: GivenCluster): Cluster {
  return { ...UNDESCRIBED, ...given };
}

/** The same AWS, but that DescribeCluster is not asked: its answer is there. */
export function withGivenCluster(aws: AwsPort, given: GivenCluster): AwsPort {
  const cluster = clusterFromGiven(given);
  return {
    describeCluster: () => Promise.resolve(known(cluster)),
    listClusterEnis: (name, signal) => aws.listClusterEnis(name, signal),
    vpcCidrs: (vpcId, signal) => aws.vpcCidrs(vpcId, signal),
    signToken: (name, signal) => aws.signToken(name, signal),
  };
}

/**
 * The same AWS, but that what is given stands in where DescribeCluster cannot be had: a worker's
 * kubelet knows the endpoint and its CA, whatever its role may ask. `onFallback` is told why.
 */
export function withFallbackCluster(
  aws: AwsPort,
  given: GivenCluster,
  onFallback: (failure: Failure) => void,
): AwsPort {
  return {
    ...withGivenCluster(aws, given),
    describeCluster: async (name, signal) => {
      const described = await aws.describeCluster(name, signal);
      if (described.kind !== "unknown" || signal.aborted) return described;
      onFallback(described.failure);
      return known(clusterFromGiven(given));
    },
  };
}

/** `https://NAME[:PORT]`, the endpoint as DescribeCluster and kubeconfigs write it. */
export function parseEndpoint(text: string): Parsed<Endpoint> {
  const url = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined &&
    url.protocol === "https:" &&
    url.username === "" &&
    url.password === "" &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "" &&
    // The URL parser admits characters that no resolver does.
    /^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])$/.test(url.hostname);
  if (!isPlain) {
    return bad(
      `${quoteInput(text.replace(/\/\/.*@/s, "//…@"))} is not an endpoint; write https://NAME[:PORT] as DescribeCluster gives it`,
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (canonicalIp(host) !== undefined) {
    return bad(
      `${quoteInput(text)} names an address; give the endpoint's name, which its certificate has, and --connect-to ::${url.hostname}:${portOfUrl(url)} to dial the address`,
    );
  }
  return ok({ url: text, host, port: portOfUrl(url) });
}
