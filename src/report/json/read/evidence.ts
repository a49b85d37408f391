import * as v from "valibot";
import { type Fact, skipped } from "../../../model/fact.ts";
import type {
  ClusterUpdate,
  Egress,
  Instance,
  Investigation,
  TokenReplay,
} from "../../../model/investigation.ts";
import type {
  KubeconfigEntry,
  KubeconfigUser,
  LocalSettings,
} from "../../../model/local-settings.ts";
import {
  anyWord,
  fact,
  flag,
  list,
  listOrNone,
  maybe,
  NOT_SAVED,
  name,
  number,
  pem,
  type Read,
  text,
  tri,
  word,
} from "./parts.ts";
import { vpc } from "./vpc.ts";

/** What else was looked at. */

const user: Read<KubeconfigUser> = v.pipe(
  v.object({
    kind: name,
    command: v.nullish(text, ""),
    found: v.nullish(tri, "unknown"),
    clusterName: maybe(text),
    region: maybe(name),
    roleArn: maybe(text),
    signedAt: maybe(name),
  }),
  v.transform(
    ({ kind, command, found, clusterName, region, roleArn, signedAt }): KubeconfigUser => {
      switch (kind) {
        case "exec":
          return { kind, command, found, clusterName, region, roleArn };
        case "token":
          return { kind, signedAt };
        case "certificate":
          return { kind };
        default:
          return { kind: "other" };
      }
    },
  ),
);

const entry: Read<KubeconfigEntry> = v.object({
  file: text,
  context: text,
  current: flag,
  matchedBy: word(["server", "name"], "name"),
  server: text,
  tlsServerName: maybe(text),
  certificateAuthority: fact(pem),
  skipsVerification: flag,
  proxyUrl: maybe(text),
  user,
});

export const local: Read<LocalSettings> = v.object({
  proxy: v.object({
    httpsProxy: maybe(text),
    variable: maybe(name),
    noProxy: list(text),
    unreadable: listOrNone(name),
  }),
  kubeconfig: fact(list(entry)),
});

const tokenReplay: Read<TokenReplay> = v.pipe(
  v.object({
    kind: name,
    arn: v.nullish(text, ""),
    account: maybe(name),
    status: v.nullish(number, 0),
    code: v.nullish(name, ""),
    message: v.nullish(text, ""),
  }),
  v.transform(
    ({ kind, arn, account, status, code, message }): TokenReplay =>
      kind === "accepted" ? { kind, arn, account } : { kind: "refused", status, code, message },
  ),
);

const update: Read<ClusterUpdate> = v.object({
  id: name,
  type: maybe(name),
  status: maybe(name),
  createdAt: maybe(name),
  errors: list(v.object({ code: name, message: text })),
});

const instance: Read<Instance> = v.object({
  instanceId: maybe(name),
  region: maybe(name),
  privateIp: maybe(name),
  publicIp: maybe(name),
  vpcId: maybe(name),
  subnetId: maybe(name),
  securityGroupIds: list(name),
});

const egress: Read<Egress> = v.object({ ip: name, source: anyWord<Egress["source"]>() });

/** Of what earlier versions did not ask. */
function asked<T>(value: Read<T>): Read<Fact<T>> {
  return v.nullish(fact(value), () => skipped(NOT_SAVED));
}

export const investigation: Read<Investigation> = v.object({
  tokenReplay: asked(tokenReplay),
  accessEntries: asked(list(text)),
  securityGroups: asked(vpc.securityGroups),
  networkAcls: asked(vpc.networkAcls),
  routeTables: asked(vpc.routeTables),
  subnets: asked(vpc.subnets),
  natGateways: asked(vpc.natGateways),
  vpcDns: asked(vpc.vpcDns),
  updates: asked(list(update)),
  instance: asked(instance),
  egress: asked(egress),
});
