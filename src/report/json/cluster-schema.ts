import {
  integer,
  list,
  orNull,
  problem,
  record,
  type Schema,
  TRI,
  text,
  texts,
  words,
} from "./schema-parts.ts";

/** The parts of the schema that describe the vantage, and the cluster as AWS describes it. */

export const vantage: Schema = record("where the probes started", {
  hostname: text("this machine's host name"),
  localIps: texts("its own addresses but loopback"),
  sourceIps: texts("source addresses the kernel chose for the connections made"),
  insideVpc: words("whether that is inside the cluster's VPC", TRI),
  insideVpcReason: text("why insideVpc says so"),
  vpcCidrs: orNull(texts("the VPC's address ranges")),
  problem,
});

export const cluster: Schema = record("what DescribeCluster said, or the user in its place", {
  source: orNull(words("who named the endpoint and the CA", ["eks", "flags", "kubeconfig"])),
  name: text("cluster name"),
  arn: orNull(text("ARN")),
  region: orNull(text("region")),
  status: orNull(text("ACTIVE, CREATING, UPDATING, …")),
  version: orNull(text("Kubernetes version")),
  platformVersion: orNull(text("EKS platform version")),
  endpoint: orNull(
    record("the endpoint", {
      url: text("as EKS gave it"),
      host: text("lower case"),
      port: integer("port"),
    }),
  ),
  certificateAuthority: orNull(text("the cluster's CA, PEM")),
  vpcId: orNull(text("VPC id")),
  subnetIds: orNull(texts("subnets given to EKS")),
  securityGroupIds: orNull(texts("additional security groups of the ENIs")),
  clusterSecurityGroupId: orNull(text("cluster security group")),
  publicAccess: words("public endpoint on", TRI),
  privateAccess: words("private endpoint on", TRI),
  publicAccessCidrs: orNull(texts("who may reach the public endpoint")),
  serviceIpv4Cidr: orNull(text("service CIDR")),
  serviceIpv6Cidr: orNull(text("service CIDR of an IPv6 cluster")),
  ipFamily: orNull(text("ipv4 or ipv6")),
  healthIssues: orNull(
    list(
      "what EKS itself says is wrong",
      record("an issue", {
        code: text("EKS's code: InsufficientFreeAddresses, Ec2SubnetNotFound, …"),
        message: text("EKS's words"),
        resourceIds: texts("what it is about"),
      }),
    ),
  ),
  authenticationMode: orNull(text("API, API_AND_CONFIG_MAP or CONFIG_MAP")),
  localId: orNull(text("id of a local cluster on Outposts")),
  connectorProvider: orNull(text("provider of a cluster known through EKS Connector only")),
  scalingTier: orNull(text("control plane scaling tier")),
  mode: words("the endpoint's mode", ["public", "private", "public and private", "unknown"]),
  dnsView: words("what the DNS answers are", ["enis", "vips", "mixed", "none", "unknown"]),
  problem,
});

export const eni: Schema = record("an EKS-managed network interface of the cluster", {
  id: text("eni-…"),
  description: text("Amazon EKS <cluster>"),
  privateIp: text("primary private address"),
  otherIps: texts("secondary private and IPv6 addresses"),
  subnetId: orNull(text("subnet")),
  vpcId: orNull(text("VPC")),
  availabilityZone: orNull(text("availability zone")),
  securityGroupIds: orNull(texts("security groups")),
  status: orNull(text("in-use, available, …")),
  requesterId: orNull(text("who created it")),
  attachmentOwnerId: orNull(text("account of the instance it is attached to")),
  ownerId: orNull(text("account that owns it")),
  marks: record("what else tells that EKS manages it", {
    requestedByEks: words("RequesterId is EKS", TRI),
    attachedToForeignAccount: words("attached to an instance of another account", TRI),
  }),
});
