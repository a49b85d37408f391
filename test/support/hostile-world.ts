import dnsPacket from "dns-packet";
import {
  eksAnswer,
  eniPage,
  eniXml,
  type FakeAnswer,
  type FakeAws,
  type FakeRequest,
  startFakeAws,
  vpcAnswer,
} from "./fake-aws.ts";
import { type DnsPeer, type DnsPeerOptions, dnsPeer, tcpPeer } from "./hostile-servers.ts";
import { type LeafOptions, mintCa, mintLeaf, type TestCa, type TestLeaf } from "./test-pki.ts";

export const CLUSTER = "demo";
export const HOST = "0a1b2c.yl4.ap-northeast-2.eks.amazonaws.com";

/** Recognisable, and shaped like no key, so that nothing takes them out by their looks. */
export const MARKS = {
  AWS_ACCESS_KEY_ID: "zebra-mark-key-id",
  AWS_SECRET_ACCESS_KEY: "zebra/mark+secret/key",
  AWS_SESSION_TOKEN: "zebra/mark+session/token==",
} as const;

export function apiBody(host: string): string {
  return JSON.stringify({
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: `${host}:443` }],
  });
}

/** The names of a proper API server's certificate. */
export function namesFor(host: string): NonNullable<LeafOptions["names"]> {
  return [
    { type: "dns", value: host },
    { type: "dns", value: "kubernetes" },
    { type: "dns", value: HOST },
  ];
}

/** `43.200.53.<n>`: public, so that each is expected to answer. */
export function vip(n: number): string {
  return `43.200.53.${n}`;
}

export interface WorldOptions {
  /** Where each address really leads: ip to loopback port. */
  readonly ports: Readonly<Record<string, number>>;
  /** Addresses the name does not lead to: those EC2 lists. */
  readonly enis?: readonly string[];
  /** Answers instead of the proper AWS; undefined leaves the request to it. */
  readonly aws?: (request: FakeRequest) => FakeAnswer | undefined;
  readonly dns?: DnsPeerOptions;
  readonly ca?: TestCa;
}

/** A made-up AWS, DNS and cluster around whatever peers a test brings; all of it on loopback. */
export interface World extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly aws: FakeAws;
  readonly dns: DnsPeer;
  /** Connections that went to no address of the world. */
  strays(): number;
}

let authority: Promise<{ readonly ca: TestCa; readonly leaf: TestLeaf }> | undefined;

/** One CA and one proper leaf for all worlds of a test file. */
export function sharedPki(): Promise<{ readonly ca: TestCa; readonly leaf: TestLeaf }> {
  authority ??= (async () => {
    const ca = await mintCa("CN=kubernetes");
    const leaf = await mintLeaf(ca, { names: namesFor("ip-172-16-57-254.ec2.internal") });
    return { ca, leaf };
  })();
  return authority;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const ca = options.ca ?? (await sharedPki()).ca;
  const enis = options.enis ?? [];
  const named = Object.keys(options.ports).filter((ip) => !enis.includes(ip));
  const aws = await startFakeAws(
    (request) => options.aws?.(request) ?? properAnswer(request, ca, enis),
  );
  const dns = await dnsPeer(
    options.dns ?? { udp: (query, reply) => reply(dnsAnswer(query, named)) },
  );
  const sink = await tcpPeer((socket) => socket.resetAndDestroy());
  const rules = Object.entries(options.ports).map(([ip, port]) => `${ip}:443:127.0.0.1:${port}`);
  return {
    env: {
      ...MARKS,
      AWS_REGION: "ap-northeast-2",
      AWS_ENDPOINT_URL: aws.url,
      EKS_PROBE_RESOLVER: `127.0.0.1:${dns.port}`,
      EKS_PROBE_CONNECT_TO: [...rules, `::127.0.0.1:${sink.port}`].join(" "),
      EKS_PROBE_SIMULATED: "1",
    },
    aws,
    dns,
    strays: () => sink.seen.length,
    async [Symbol.asyncDispose]() {
      await Promise.all([aws, dns, sink].map((peer) => peer[Symbol.asyncDispose]()));
    },
  };
}

/** What AWS answers to a well-meant question about the cluster. */
function properAnswer(request: FakeRequest, ca: TestCa, enis: readonly string[]): FakeAnswer {
  switch (request.form.get("Action")) {
    case null:
      return eksAnswer(clusterAnswer(ca));
    case "DescribeVpcs":
      return vpcAnswer("<vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>");
    default:
      return eniPage(
        enis.map((ip, index) =>
          eniXml({ id: `eni-0${index}`, ip, description: `Amazon EKS ${CLUSTER}` }),
        ),
      );
  }
}

export function clusterAnswer(ca: { readonly pem: string }, change: object = {}): object {
  return {
    name: CLUSTER,
    arn: `arn:aws:eks:ap-northeast-2:111122223333:cluster/${CLUSTER}`,
    status: "ACTIVE",
    version: "1.33",
    endpoint: `https://${HOST.toUpperCase()}`,
    certificateAuthority: { data: Buffer.from(ca.pem).toString("base64") },
    resourcesVpcConfig: {
      vpcId: "vpc-1",
      endpointPublicAccess: true,
      endpointPrivateAccess: false,
    },
    ...change,
  };
}

/** The addresses for A, nothing for AAAA. */
export function dnsAnswer(query: Buffer, ips: readonly string[]): Buffer {
  const { id, questions } = dnsPacket.decode(query);
  const [question] = questions ?? [];
  if (id === undefined || question === undefined) throw new Error("no question");
  return dnsPacket.encode({
    type: "response",
    id,
    flags: dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE,
    questions: [question],
    answers:
      question.type === "A"
        ? ips.map((data) => ({ type: "A" as const, name: question.name, ttl: 60, data }))
        : [],
  });
}
