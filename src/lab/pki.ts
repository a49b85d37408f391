import { generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { firstServiceIp } from "./apiserver/service-network.ts";
import {
  authorityKeyId,
  basicConstraints,
  type DistinguishedName,
  keyUsage,
  serverAuthentication,
  signCertificate,
  subjectAltName,
  subjectKeyId,
} from "./certificate.ts";
import type { FrontFault, LabCluster, LabServer } from "./scenario.ts";
import type { LaterLeaf } from "./timeline/leaves.ts";

/** A certificate and its private key, both PEM. The leaf alone is presented, without the CA. */
export interface TlsIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export type CertificateFlaw = Extract<FrontFault, { kind: "wrong-certificate" }>["flaw"];

/** The cluster's CA and the leaf of every API server. */
export interface ClusterPki {
  /** `-----BEGIN CERTIFICATE-----…`; DescribeCluster gives it in base64 once more. */
  readonly caPem: string;
  /** The proper leaf, or a later one by its number. Throws for what the cluster does not have. */
  leaf(serverId: string, number?: number): TlsIdentity;
  /** A leaf for the same server with one thing wrong; minted when first asked for, then kept. */
  flawedLeaf(serverId: string, flaw: CertificateFlaw): Promise<TlsIdentity>;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface LeafPlan {
  readonly key: KeyPair;
  readonly issuer: { readonly name: DistinguishedName; readonly key: KeyPair };
  readonly names: { readonly dns: readonly string[]; readonly ips: readonly string[] };
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly withKeyIds: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** The field notes look at clusters that are a few days old: their leaves have about 360 days left. */
const AGE_MS = 4 * DAY_MS;
const LEAF_DAYS = 365;
const LEAF_MS = LEAF_DAYS * DAY_MS;
const CA_MS = 3650 * DAY_MS;

/** As every kubeadm-style control plane calls its CA, so that a foreign CA has the same name. */
const CA_NAME: DistinguishedName = { commonName: "kubernetes" };
const LEAF_NAME: DistinguishedName = { commonName: "kube-apiserver" };

/** Of a proxy that ends TLS, looks inside and makes a certificate of its own for the client. */
const INSPECTION_CA_NAME: DistinguishedName = {
  commonName: "Example TLS Inspection CA",
  organization: "Example Corp",
};

/** What the certificate of some other cluster names. */
const OTHER_CLUSTER = {
  endpointHost: "0badc0de0badc0de0badc0de0badc0de.gr7.us-west-2.eks.amazonaws.com",
  host: "ip-10-0-54-116.us-west-2.compute.internal",
  serviceIp: "10.100.0.1",
  eniIp: "192.168.139.208",
} as const;

/**
 * Mints the certificates of one cluster: RSA-2048 throughout, a CA `CN=kubernetes` with serial 0
 * and a leaf `CN=kube-apiserver` for each server, all valid from four days before `nowMs`. Shape
 * from a published EKS leaf of 2018 and the field notes of 2023. `later` are those of servers that
 * come, and of rotations: a control plane gives them the same beginning, and their lifetime from
 * when they are issued. All keys are made at the same time, on the thread pool.
 */
export async function mintClusterPki(
  cluster: LabCluster,
  nowMs: number,
  later: readonly LaterLeaf[] = [],
): Promise<ClusterPki> {
  const wanted = [...cluster.servers.map((server) => ({ server, issuedAtSeconds: 0 })), ...later];
  const [caKey, ...serverKeys] = await Promise.all([
    generateKey(),
    ...wanted.map(() => generateKey()),
  ]);
  const notBeforeMs = Math.floor((nowMs - AGE_MS) / 1000) * 1000;
  const ca = { name: CA_NAME, key: caKey };
  const plans = new Map<string, LeafPlan>();
  for (const [index, { server, issuedAtSeconds }] of wanted.entries()) {
    const key = serverKeys[index] ?? caKey;
    const lifetimeMs = (server.lifetimeDays ?? LEAF_DAYS) * DAY_MS;
    const issuedAtMs = notBeforeMs + (issuedAtSeconds > 0 ? AGE_MS + issuedAtSeconds * 1000 : 0);
    const notAfterMs = issuedAtMs + lifetimeMs + server.notAfterOffsetSeconds * 1000;
    plans.set(leafId(server.id, server.leaf), {
      key,
      issuer: ca,
      names: namesOf(cluster, server),
      notBeforeMs,
      notAfterMs,
      withKeyIds: server.withoutKeyIds !== true,
    });
  }
  const planOf = (serverId: string): LeafPlan => {
    const [first] = wanted.filter(({ server }) => server.id === serverId);
    const plan = plans.get(leafId(serverId, first?.server.leaf));
    if (plan === undefined) throw new Error(`cluster ${cluster.name} has no server ${serverId}`);
    return plan;
  };
  const leaves = new Map([...plans].map(([id, plan]) => [id, mintLeaf(plan)]));
  const leafOf = (serverId: string, number?: number): TlsIdentity => {
    const leaf = leaves.get(leafId(serverId, number));
    if (leaf === undefined)
      throw new Error(
        `cluster ${cluster.name} has no server ${serverId} with a leaf ${number ?? 0}`,
      );
    return leaf;
  };
  const flawed = new Map<string, Promise<TlsIdentity>>();
  return {
    caPem: mintCa(caKey, notBeforeMs),
    leaf: leafOf,
    flawedLeaf: (serverId, flaw) => {
      const id = `${flaw} ${serverId}`;
      const minted = flawed.get(id) ?? flawPlan(planOf(serverId), flaw, nowMs).then(mintLeaf);
      flawed.set(id, minted);
      return minted;
    },
  };
}

function leafId(serverId: string, number = 0): string {
  return `${serverId} ${number}`;
}

function namesOf(cluster: LabCluster, server: LabServer): LeafPlan["names"] {
  return leafNames(
    server.host,
    cluster.endpointHost.toLowerCase(),
    firstServiceIp(cluster.serviceIpv4Cidr),
    server.eniIp,
  );
}

function leafNames(
  host: string,
  endpointHost: string,
  serviceIp: string,
  eniIp: string,
): LeafPlan["names"] {
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  return {
    dns: [host, ...service, "kubernetes.default.svc.cluster.local", endpointHost],
    ips: [serviceIp, eniIp],
  };
}

async function flawPlan(plan: LeafPlan, flaw: CertificateFlaw, nowMs: number): Promise<LeafPlan> {
  const today = Math.floor(nowMs / 1000) * 1000;
  switch (flaw) {
    case "foreign-ca":
      return { ...plan, issuer: { name: CA_NAME, key: await generateKey() } };
    case "inspection":
      return { ...plan, issuer: { name: INSPECTION_CA_NAME, key: await generateKey() } };
    case "self-signed":
      return { ...plan, issuer: { name: LEAF_NAME, key: plan.key } };
    case "expired":
      return { ...plan, notBeforeMs: today - DAY_MS - LEAF_MS, notAfterMs: today - DAY_MS };
    case "not-yet-valid":
      return { ...plan, notBeforeMs: today + DAY_MS, notAfterMs: today + DAY_MS + LEAF_MS };
    case "other-cluster": {
      const names = leafNames(
        OTHER_CLUSTER.host,
        otherEndpoint(plan.names.dns.at(-1) ?? OTHER_CLUSTER.endpointHost),
        OTHER_CLUSTER.serviceIp,
        OTHER_CLUSTER.eniIp,
      );
      return { ...plan, issuer: { name: CA_NAME, key: await generateKey() }, names };
    }
    case "other-name": {
      const { host, endpointHost, serviceIp, eniIp } = OTHER_CLUSTER;
      return { ...plan, names: leafNames(host, endpointHost, serviceIp, eniIp) };
    }
  }
}

/** Another cluster of the same account and region differs in the first label alone. */
function otherEndpoint(endpointHost: string): string {
  const label = OTHER_CLUSTER.endpointHost.split(".", 1)[0] ?? "";
  return [label, ...endpointHost.split(".").slice(1)].join(".");
}

/** PEM of the CA of a cluster that the scenario does not have: the same name, another key. */
export async function mintAuthority(nowMs: number): Promise<string> {
  return mintCa(await generateKey(), Math.floor((nowMs - AGE_MS) / 1000) * 1000);
}

function mintCa(key: KeyPair, notBeforeMs: number): string {
  return signCertificate(
    {
      serial: Buffer.of(0),
      issuer: CA_NAME,
      subject: CA_NAME,
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notBeforeMs + CA_MS),
      publicKey: key.publicKey,
      extensions: [keyUsage(true), basicConstraints(true), subjectKeyId(key.publicKey)],
    },
    key.privateKey,
  );
}

function mintLeaf(plan: LeafPlan): TlsIdentity {
  const certificatePem = signCertificate(
    {
      serial: randomSerial(),
      issuer: plan.issuer.name,
      subject: LEAF_NAME,
      notBefore: new Date(plan.notBeforeMs),
      notAfter: new Date(plan.notAfterMs),
      publicKey: plan.key.publicKey,
      extensions: [
        keyUsage(false),
        serverAuthentication(),
        basicConstraints(false),
        ...(plan.withKeyIds
          ? [subjectKeyId(plan.key.publicKey), authorityKeyId(plan.issuer.key.publicKey)]
          : []),
        subjectAltName(plan.names.dns, plan.names.ips),
      ],
    },
    plan.issuer.key.privateKey,
  );
  const privateKeyPem = plan.key.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { certificatePem, privateKeyPem };
}

/** 64 bits, positive, eight bytes long: the first is neither negative nor a leading zero. */
function randomSerial(): Buffer {
  const bytes = randomBytes(8);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes;
}

async function generateKey(): Promise<KeyPair> {
  return promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
}
