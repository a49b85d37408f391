import * as v from "valibot";
import type { ConnectToRule, ResolverChoice } from "../../../model/request.ts";
import type { RequestDocument } from "../request.ts";
import { duration, flag, list, maybe, name, number, type Read, text, word } from "./parts.ts";

const resolver: Read<ResolverChoice> = v.pipe(
  v.object({ kind: name, ip: maybe(name), port: maybe(number) }),
  v.transform(({ ip, port = 53 }) =>
    ip === undefined ? ({ kind: "system" } as const) : ({ kind: "server", ip, port } as const),
  ),
);

const connectTo: Read<ConnectToRule> = v.object({
  fromHost: maybe(name),
  fromPort: maybe(number),
  toHost: maybe(name),
  toPort: maybe(number),
});

const family: Read<"any" | 4 | 6> = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((value) => (value === 4 || value === 6 ? value : "any")),
);

export const request: Read<RequestDocument> = v.object({
  cluster: name,
  resolvers: list(resolver),
  connectTo: list(connectTo),
  samples: number,
  intervalMs: duration,
  untilSure: maybe(number),
  compareReuse: flag,
  deep: flag,
  timeoutMs: duration,
  paths: list(word(["vip", "eni"], "vip")),
  httpVersion: word(["auto", "http1.1", "http2"], "auto"),
  family,
  anonymous: flag,
  insecure: flag,
  insecureSendToken: flag,
  egressIp: maybe(name),
  egressService: maybe(text),
});
