import { valueOf } from "../../model/fact.ts";
import type { Failure } from "../../model/failure.ts";
import type { Certificate } from "../../model/observation.ts";
import type { Snapshot } from "../../model/snapshot.ts";

/** A certificate that verification refused, as the first probe of its address saw it. */
export interface RefusedLeaf {
  /** Address.id */
  readonly address: string;
  readonly failure: Failure;
  /** Undefined where the server showed none that could be read. */
  readonly leaf: Certificate | undefined;
}

/** One for each address and reason. */
export function refusedLeaves({ observations }: Snapshot): readonly RefusedLeaf[] {
  const refused = observations.flatMap(({ address, tls }) =>
    tls?.verification.kind === "refused"
      ? [{ address, failure: tls.verification.failure, leaf: tls.leaf }]
      : [],
  );
  return refused.filter(
    ({ address, failure }, index) =>
      refused.findIndex(
        (other) => other.address === address && other.failure.code === failure.code,
      ) === index,
  );
}

/** A certificate that is wrong fails the path, but where the user wants to go on all the same. */
export function severity({ request }: Snapshot): "warn" | "fail" {
  return request.insecure ? "warn" : "fail";
}

/** EKS, like kubeadm, calls every cluster's CA `kubernetes` (field notes and recordings). */
const CLUSTER_ISSUER = /(?:^|, )CN=kubernetes(?:$|,)/;

export function isClusterIssuer(issuer: string): boolean {
  return CLUSTER_ISSUER.test(issuer);
}

/**
 * Names of EKS endpoints: `<32 hex>.<shard>.<region>.eks.amazonaws.com`, `….eks.amazonaws.com.cn`,
 * and of IPv6 clusters `eks-cluster.<region>.api.aws` (EKS user guide), by the suffixes of all
 * partitions (botocore, partitions.json).
 */
const EKS_ENDPOINT = new RegExp(
  `^[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.(?:${[
    "eks.amazonaws.com",
    "eks.amazonaws.com.cn",
    "eks.amazonaws.eu",
    "eks.c2s.ic.gov",
    "eks.sc2s.sgov.gov",
    "eks.cloud.adc-e.uk",
    "eks.csp.hci.ic.gov",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
    "api.aws.hci.ic.gov",
  ]
    .join("|")
    .replaceAll(".", "\\.")})$`,
);

export function isEksEndpoint(host: string): boolean {
  return EKS_ENDPOINT.test(host.toLowerCase());
}

/** The endpoint of a cluster that is not this one, among the names of a certificate. */
export function otherEndpoint(leaf: Certificate, snapshot: Snapshot): string | undefined {
  const own = valueOf(snapshot.cluster)?.endpoint?.host;
  const names = leaf.dnsNames.map((name) => name.toLowerCase());
  return own !== undefined && names.includes(own)
    ? undefined
    : names.find((name) => isEksEndpoint(name) && name !== own);
}

/** Whether a certificate's names cover a host, as RFC 6125 has it: a `*` stands for one label. */
export function coversHost(
  { dnsNames, ipAddresses }: Pick<Certificate, "dnsNames" | "ipAddresses">,
  host: string,
): boolean {
  const wanted = host.toLowerCase();
  if (ipAddresses.includes(wanted)) return true;
  return dnsNames.some((given) => {
    const name = given.toLowerCase();
    if (!name.startsWith("*.")) return name === wanted;
    return wanted.includes(".") && wanted.slice(wanted.indexOf(".")) === name.slice(1);
  });
}
