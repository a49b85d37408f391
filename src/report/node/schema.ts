import { NODE_CODES } from "../../model/node/report.ts";
import { failure } from "../json/schema.ts";
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
} from "../json/schema-parts.ts";
import { NODE_SCHEMA_VERSION } from "./document.ts";

const TIME: Schema = { format: "date-time" };

const KINDS = ["vip", "eni", "former-eni", "unknown"] as const;

/** A fact that may not be had: why is in `reason`, and in full in `problem` where it failed. */
function fact(description: string, value: Schema): Schema {
  return record(description, {
    state: words("whether it could be had, or was not asked for", ["known", "unknown", "skipped"]),
    value: orNull(value),
    reason: orNull(text("why there is no value")),
    problem,
  });
}

const apiServer = fact("the API server there", text("its host name"));

const ADDRESS: Readonly<Record<string, Schema>> = { address: text("ip:port"), apiServer };

const kubelet = record("what kubelet is told", {
  server: text("URL of the API server"),
  clusterName: orNull(text("name of the cluster")),
  region: orNull(text("AWS region")),
  nodeIp: orNull(text("the node's own address")),
  clusterDns: texts("addresses that pods ask for names"),
  file: text("the kubeconfig that says so"),
});

const controlPlane = record("what the connections are held against", {
  source: record("who says so", {
    kind: words("asked in this run, a saved run, or nobody", ["probe", "map", "none"]),
    file: orNull(text("of a saved run")),
    startedAt: orNull(text("when that was made", TIME)),
    detail: orNull(text("the verdict of asking, or why nobody was asked")),
  }),
  cluster: orNull(text("name of the cluster")),
  region: orNull(text("AWS region")),
  endpointHost: orNull(text("host of its endpoint")),
  privateAccess: words("whether private access is on", TRI),
  vips: fact("what the name leads to, and no ENI owns", list("one each", record("a VIP", ADDRESS))),
  enis: fact(
    "the cluster's ENIs",
    list(
      "one each",
      record("an ENI", {
        ...ADDRESS,
        eniId: text("its id"),
        otherIps: texts("its further addresses"),
      }),
    ),
  ),
  others: list("what may be a VIP or an ENI", record("an address", ADDRESS)),
  service: fact(
    "ClusterIP of default/kubernetes",
    record("where, and who says so", { address: text("ip:port"), from: text("who says so") }),
  ),
});

const apiServerNamed = record("an API server, and what leads to it", {
  id: text("A, B, …"),
  host: text("its host name"),
  addresses: list(
    "in order",
    record("an address", { address: text("ip:port"), kind: words("what it is", KINDS) }),
  ),
});

const share = orNull(number("of new connections, 0 to 1; null: the rules do not say"));

const service = record("rules for one service address", {
  backend: words("what translates", ["iptables-legacy", "iptables-nft", "nftables", "ipvs"]),
  address: text("ip:port"),
  name: orNull(text("namespace/name:port")),
  chain: orNull(text("the chain or map that decides")),
  targets: list(
    "where it leads",
    record("a target", {
      address: text("ip:port"),
      probability: share,
      chain: orNull(text("the chain of this endpoint")),
      weight: orNull(integer("of IPVS; null elsewhere")),
    }),
  ),
  oddities: texts("what is not as kube-proxy writes it"),
});

const process = record("a process with a connection", {
  pid: integer("of the host"),
  name: text("as the kernel has it, 15 bytes at most"),
  command: fact("its arguments, without secrets", texts("one each")),
  startedAt: fact("when it began; no connection of it is older", text("when", TIME)),
  owner: record("what runs it, by its control group", {
    kind: words("what", ["unit", "pod", "container", "session", "unknown"]),
    unit: orNull(text("of systemd")),
    namespace: orNull(text("of the pod")),
    pod: orNull(text("its name")),
    container: orNull(text("name of the container")),
    podUid: orNull(text("uid of the pod")),
    containerId: orNull(text("64 hexadecimal digits")),
    reason: orNull(text("why it is not known")),
  }),
  networkNamespace: orNull(text("host, or the identity of a pod's")),
});

const connection = record("one connection", {
  direction: words("who made it", ["to-control-plane", "from-control-plane"]),
  pid: orNull(integer("of `processes`; null: its owner was not seen")),
  process: orNull(text("its name")),
  ownerReason: orNull(text("why its owner is not known")),
  local: text("ip:port"),
  remote: text("ip:port, as the process sees it"),
  state: text("of TCP"),
  sendQueueBytes: integer("written, and not yet acknowledged"),
  receiveQueueBytes: integer("arrived, and not yet read"),
  retransmits: integer("times that the unacknowledged was sent again so far"),
  timer: words("what the kernel waits for", [
    "none",
    "retransmit",
    "keepalive",
    "time-wait",
    "zero-window",
  ]),
  uid: integer("user of the socket"),
  translation: record("how the kernel translates it", {
    kind: words("tracked: by its own record; by-rules: as a new one would be", [
      "none",
      "tracked",
      "by-rules",
      "unknown",
    ]),
    to: orNull(text("ip:port, of a tracked one")),
    chain: orNull(text("of the rules")),
    candidates: list(
      "where the rules may have led it",
      record("a target", { address: text("ip:port"), probability: share }),
    ),
    reason: orNull(text("why it is not known")),
  }),
  address: orNull(text("ip:port at its end, after translation; null: not known")),
  addressKind: orNull(words("former-eni: an ENI had it, and none has any more", KINDS)),
  eniId: orNull(text("id of the ENI")),
  apiServer,
});

const finding = record("the outcome of one check", {
  code: words("stable code", NODE_CODES),
  topic: text("short word"),
  title: text("what it asserts"),
  status: words("outcome", ["ok", "warn", "fail", "skip", "unknown"]),
  summary: text("what was seen"),
  details: texts("evidence"),
  side: orNull(words("who has to act", ["local", "resolver", "network", "server", "aws", "user"])),
  next: orNull(text("the next command or step")),
  addresses: texts("address ids it is about"),
  optional: flag("that it could not tell does not change the verdict"),
});

/** What `-o json` of node prints. Every property is always there; null says not known. */
export const NODE_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "eks-probe node",
  ...record(
    "a worker and its connections with the control plane",
    {
      schemaVersion: integer("raised when a property goes or changes its meaning", {
        const: NODE_SCHEMA_VERSION,
      }),
      tool: record("what made it", { name: text("eks-probe"), version: text("semantic version") }),
      readAt: text("when the worker was read, or captured", TIME),
      hostname: text("of the worker"),
      source: record("what was read", {
        kind: words("this machine, a copy, or a bundle of the EKS log collector", [
          "live",
          "root",
          "bundle",
        ]),
        path: orNull(text("folder of the copy")),
      }),
      localIps: texts("the worker's own addresses"),
      serviceAddresses: texts("ip:port of default/kubernetes, as pods are told"),
      kubelet: fact("kubelet's settings", kubelet),
      nameServers: fact("in order", texts("IPs")),
      nameServersFile: orNull(text("file that names them")),
      controlPlane,
      apiServers: list("those that are known by name", apiServerNamed),
      services: fact("how default/kubernetes is translated", list("one each", service)),
      conntrack: fact(
        "use of the table of tracked connections",
        record("entries", { count: integer("in use"), max: integer("the most; 0: no limit") }),
      ),
      processes: list("those that have a connection below", process),
      connections: list("to the control plane first", connection),
      notSeen: texts("what could not be seen, and which right would show it"),
      findings: list("what the checks say", finding),
      verdict: record("the end of it", {
        status: words("in a word", ["healthy", "warning", "failed", "unknown", "interrupted"]),
        exitCode: integer("0 healthy or warnings, 1 failed, 3 could not tell, 130 interrupted", {
          enum: [0, 1, 3, 130],
        }),
        summary: text("in a line"),
      }),
    },
    { simulated: flag("made against a simulation; absent otherwise") },
  ),
  $defs: { failure },
};
