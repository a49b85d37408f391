import {
  flag,
  integer,
  list,
  number,
  orNull,
  record,
  type Schema,
  text,
  words,
} from "./schema-parts.ts";

/** The part of the schema that says what was asked for. */

export const request: Schema = record("what was asked for; absent in runs of earlier versions", {
  cluster: text("cluster name"),
  resolvers: list(
    "whom to ask for the endpoint's addresses; none: the system's own servers",
    record(
      "a resolver",
      { kind: words("system: those of this machine", ["system", "server"]) },
      { ip: text("address of the server"), port: integer("its port") },
    ),
  ),
  connectTo: list(
    "where to dial instead, as curl's --connect-to says it; null is an empty part",
    record("a rule", {
      fromHost: orNull(text("host or address that is meant")),
      fromPort: orNull(integer("port that is meant")),
      toHost: orNull(text("where to go instead")),
      toPort: orNull(integer("and to which port")),
    }),
  ),
  samples: integer("fresh connections per address"),
  intervalMs: number("between the starts of two connections to one address, milliseconds"),
  untilSure: orNull(number("--until-sure, as a fraction")),
  compareReuse: flag("also over one kept connection"),
  deep: flag("also asked every API server about itself"),
  timeoutMs: number("limit of each question, milliseconds"),
  paths: list("which addresses", words("vip: what the name resolves to", ["vip", "eni"])),
  httpVersion: words("what was offered", ["auto", "http1.1", "http2"]),
  family: { description: "IP family", enum: ["any", 4, 6] },
  anonymous: flag("without a token"),
  insecure: flag("went on where a certificate was not verified"),
  insecureSendToken: flag("sent the token even there"),
  egressIp: orNull(text("this host's address as the internet sees it, as given")),
  egressService: orNull(text("whom to ask for it: URL without user name, password and query")),
});
