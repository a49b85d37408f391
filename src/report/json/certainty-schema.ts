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

/** The parts of the schema that say how sure the map is. */

const unknown = list(
  "what could not be had",
  record("one of them", { what: text("which"), reason: text("why"), problem }),
);

const tally = (what: string): Schema =>
  list(what, record("a count", { apiServer: text("API server id"), seen: integer("how often") }));

export const certainty: Schema = record("one address", {
  address: text("address id"),
  verdict: words("pinned: one server met; balanced: several", ["pinned", "balanced", "unknown"]),
  connections: integer("fresh connections that met a server that could be named"),
  tally: tally("by API server, most seen first"),
  unseenShareMax: orNull(
    number("the most another backend's share can be, as a fraction; null unless pinned"),
  ),
  confidence: number("of unseenShareMax"),
  reused: orNull(tally("what one kept connection met; null when not asked")),
});

const phase = (what: string): Schema =>
  orNull(
    record(`${what}, milliseconds, nearest rank`, {
      count: integer("connections that completed the phase"),
      p50Ms: number("median"),
      p90Ms: number("90 %"),
      p99Ms: number("99 %"),
      maxMs: number("slowest"),
    }),
  );

export const latency: Schema = record("one address", {
  address: text("address id"),
  tcp: phase("TCP connect"),
  tls: phase("TLS handshake"),
  ttfb: phase("request to first byte"),
  total: phase("everything, of answered probes"),
});

const lease = record("an identity Lease", {
  name: text("name in kube-system"),
  host: orNull(text("host of the server")),
  incarnation: orNull(text("new at each start of the process")),
  ageSeconds: integer("since it was renewed, by the server's clock"),
  live: flag("renewed within a minute"),
  apiServer: orNull(text("API server id; null: no probe met it")),
});

const health = (what: string): Schema =>
  orNull(
    record(what, {
      healthy: flag("passed"),
      checks: integer("checks it listed"),
      failing: texts("names of those that fail"),
    }),
  );

export const inspected: Schema = record("what it said of itself; null when not asked (--deep)", {
  through: texts("address ids it was asked through"),
  version: orNull(text("gitVersion")),
  platform: orNull(text("linux/amd64")),
  livez: health("/livez"),
  readyz: health("/readyz"),
  caller: orNull(
    record("who it takes the caller for", {
      username: text("Kubernetes user"),
      groups: texts("groups"),
      arn: orNull(text("IAM principal")),
    }),
  ),
  tokenCost: orNull(
    record("two requests on one connection", {
      firstMs: number("pays for verifying the token"),
      secondMs: number("finds it cached"),
    }),
  ),
  largeAnswer: orNull(
    record("GET /apis, an answer of several packets", { bytes: integer("of its body") }),
  ),
  clockSkewMs: orNull(number("server clock minus ours")),
  lease: orNull(lease),
  unknown,
});

export const coverage: Schema = record("what there is against what was reached", {
  leases: orNull(list("identity Leases, newest first", lease)),
  service: orNull(
    record("endpoints of default/kubernetes", {
      source: text("endpointslices/v1, endpointslices/v1beta1 or endpoints/v1"),
      ips: texts("addresses"),
    }),
  ),
  missingInService: texts("ENIs that the service does not list"),
  missingInEc2: texts("addresses of the service that are no ENI"),
  unknownInDns: texts("private DNS answers that are no ENI, where others are"),
  clusterIp: orNull(
    record("the kubernetes service's address", {
      ip: text("first of the service range"),
      inCertificates: words("every leaf names it", TRI),
    }),
  ),
  unknown,
});

export const topology: Schema = record("what it looks like together", {
  sentence: text("consistent with …, never is"),
  confidence: text("what it rests on"),
  routes: list(
    "ways traffic is expected to take in this mode",
    record("a route", {
      direction: words("from and to", ["worker to control plane", "control plane to worker"]),
      who: text("whose traffic"),
      path: text("by which way"),
    }),
  ),
});
