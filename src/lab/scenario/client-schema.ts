import * as v from "valibot";
import type { LabClientDetails } from "./client.ts";
import {
  ip,
  isLoopbackUrl,
  loopbackUrl,
  orAbsent,
  resourceId,
  type SchemaOf,
  texts,
  whole,
} from "./parts.ts";
import { workerSchema } from "./worker-schema.ts";

/** Nothing that could make the client run something, or ask somebody, beyond the lab. */
const CLIENT_VARIABLE = /^(?:(?:https?|all|no)_proxy|EKS_PROBE_(?:EGRESS_IP|CONTEXT))$/i;

const clientEnvironment = v.pipe(
  v.record(
    v.pipe(v.string(), v.regex(CLIENT_VARIABLE, "not a variable that a scenario may set")),
    v.pipe(v.string(), v.regex(/^\P{Cc}*$/u, "a value with control characters")),
  ),
  v.check(
    (variables) =>
      Object.entries(variables).every(
        ([name, value]) => !/^(?:https?|all)_proxy$/i.test(name) || isLoopbackUrl(value),
      ),
    "a proxy has to be on this machine, such as http://127.0.0.1:3128",
  ),
);

const instance = v.strictObject({
  id: resourceId("i"),
  privateIp: ip,
  publicIp: orAbsent(ip),
  vpcId: v.string(),
  subnetId: v.string(),
  availabilityZone: v.string(),
  securityGroupIds: texts,
  // Those with a slash or a space in their key cannot be in the metadata (EC2 user guide).
  tags: orAbsent(v.record(v.pipe(v.string(), v.regex(/^[\w+\-=.,:@]{1,128}$/)), v.string())),
  fault: orAbsent(v.literal("silent")),
});

const user = v.variant("kind", [
  v.strictObject({ kind: v.literal("exec"), command: v.string(), args: texts }),
  v.strictObject({ kind: v.literal("token"), ageSeconds: v.pipe(v.number(), v.minValue(0)) }),
  v.strictObject({ kind: v.literal("none") }),
]);

const kubeconfig = v.strictObject({
  currentContext: orAbsent(v.string()),
  entries: v.array(
    v.strictObject({
      context: orAbsent(v.string()),
      cluster: v.string(),
      server: orAbsent(v.pipe(v.string(), v.url())),
      authority: orAbsent(v.picklist(["own", "other", "none"])),
      tlsServerName: orAbsent(v.string()),
      proxyUrl: orAbsent(loopbackUrl),
      user,
    }),
  ),
});

/** The members of LabClientDetails, for the schema of a scenario. */
export const CLIENT_DETAILS: SchemaOf<LabClientDetails> = {
  instance: orAbsent(instance),
  egressIp: orAbsent(ip),
  clientEnvironment: orAbsent(clientEnvironment),
  kubeconfig: orAbsent(kubeconfig),
  awsClockSkewSeconds: orAbsent(whole(-86_400, 86_400)),
  worker: orAbsent(workerSchema),
};
