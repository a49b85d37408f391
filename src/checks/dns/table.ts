import type { DnsCode } from "../../model/finding-code.ts";
import type { Check } from "../check.ts";
import { namesResolve } from "./d01-dns.ts";
import { localNamesAgree } from "./d02-local-names.ts";
import { resolversAgree } from "./d03-resolvers.ts";
import { answersAreFresh } from "./d04-stale.ts";
import { privateAnswersPass } from "./d05-rebind.ts";
import { vpcResolvesPrivately } from "./d06-vpc-dns.ts";
import { outsidersAreLedIn } from "./d07-forward.ts";

/** A code without a check does not compile. */
export const DNS_CHECKS: Readonly<Record<DnsCode, Check>> = {
  D01: namesResolve,
  D02: localNamesAgree,
  D03: resolversAgree,
  D04: answersAreFresh,
  D05: privateAnswersPass,
  D06: vpcResolvesPrivately,
  D07: outsidersAreLedIn,
};
