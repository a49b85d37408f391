import {
  flag,
  integer,
  list,
  number,
  orNull,
  problem,
  record,
  type Schema,
  TRI,
  text,
  texts,
  words,
} from "./schema-parts.ts";
import { vpcFacts } from "./vpc-schema.ts";

/** The parts of the schema that say what else was looked at, and what was expected. */

/** A fact that says how it stands. */
function fact(value: Schema): Schema {
  return record("a fact, or why there is none", {
    state: words("skipped: not asked, or not applicable", ["known", "unknown", "skipped"]),
    value: orNull(value),
    reason: orNull(text("why there is no value")),
    problem,
  });
}

const user: Schema = record(
  "how the context logs in; never a secret",
  { kind: words("kind", ["exec", "token", "certificate", "other"]) },
  {
    command: text("of exec: the command"),
    found: words("of exec: whether the command is there to be run", TRI),
    clusterName: orNull(text("of exec: the cluster its arguments name")),
    region: orNull(text("of exec: the region they name")),
    roleArn: orNull(text("of exec: the role they name")),
    signedAt: orNull(text("of token: when an EKS token was signed")),
  },
);

export const local: Schema = record("what other clients of this machine would do", {
  proxy: record("proxy variables", {
    httpsProxy: orNull(text("the proxy, without user name and password")),
    variable: orNull(text("the variable that names it")),
    noProxy: texts("parts of NO_PROXY"),
    unreadable: texts("variables that are set to something that is no proxy's URL"),
  }),
  kubeconfig: fact(
    list(
      "contexts that mean this cluster, the current one first",
      record("one context", {
        file: text("kubeconfig"),
        context: text("its name"),
        current: flag("kubectl uses it unless told otherwise"),
        matchedBy: words("its server is the endpoint, or only names agree", ["server", "name"]),
        server: text("as written"),
        tlsServerName: orNull(text("tls-server-name")),
        certificateAuthority: fact(text("the CA it trusts, PEM")),
        skipsVerification: flag("insecure-skip-tls-verify"),
        proxyUrl: orNull(text("proxy-url, without user name and password")),
        user,
      }),
    ),
  ),
});

const tokenReplay = record(
  "what STS says of the request inside a token",
  { kind: words("outcome", ["accepted", "refused"]) },
  {
    arn: text("accepted: whose it is"),
    account: orNull(text("accepted: of which account")),
    status: integer("refused: HTTP status"),
    code: text("refused: STS's code"),
    message: text("refused: STS's words, without secrets"),
  },
);

const update = record("an update of the cluster", {
  id: text("update id"),
  type: orNull(text("VersionUpdate, EndpointAccessUpdate, …")),
  status: orNull(text("InProgress, Failed, Cancelled, Successful")),
  createdAt: orNull(text("when")),
  errors: list(
    "what went wrong",
    record("an error", { code: text("EKS's code"), message: text("EKS's words") }),
  ),
});

const instance = record("the EC2 instance this runs on", {
  instanceId: orNull(text("i-…")),
  region: orNull(text("region")),
  privateIp: orNull(text("private address")),
  publicIp: orNull(text("public address")),
  vpcId: orNull(text("VPC")),
  subnetId: orNull(text("subnet")),
  securityGroupIds: texts("security groups"),
});

const egress = record("the address by which the internet sees this host", {
  ip: text("address"),
  source: words("who says so", ["flag", "metadata", "own-address", "service"]),
});

export const investigation: Schema = record("evidence asked for when something failed, or --deep", {
  tokenReplay: fact(tokenReplay),
  accessEntries: fact(texts("principal ARNs with an access entry")),
  securityGroups: fact(vpcFacts.securityGroups),
  networkAcls: fact(vpcFacts.networkAcls),
  routeTables: fact(vpcFacts.routeTables),
  subnets: fact(vpcFacts.subnets),
  natGateways: fact(vpcFacts.natGateways),
  vpcDns: fact(vpcFacts.vpcDns),
  updates: fact(list("the latest updates, newest first", update)),
  instance: fact(instance),
  egress: fact(egress),
});

const limit = (what: string): Schema =>
  orNull(number(`limit for the median ${what} at each address, milliseconds`));

export const expectations: Schema = record("what the user expects beyond a healthy cluster", {
  minApiServers: orNull(integer("at least so many API servers")),
  mode: orNull(
    words("the endpoint's mode", ["public", "private", "public and private", "unknown"]),
  ),
  certificateDays: number("certificates are good for at least so many days"),
  maxTcpMs: limit("TCP connect"),
  maxTlsMs: limit("TLS handshake"),
  maxTtfbMs: limit("time to first byte"),
  ignore: list(
    "findings that do not count",
    record("one of them", { code: text("check"), reason: text("why") }),
  ),
});
