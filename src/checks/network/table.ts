import type { NetworkCode } from "../../model/finding-code.ts";
import type { Check } from "../check.ts";
import { pathsConnect } from "./n01-paths.ts";
import { allowlistHasThisHost } from "./n02-allowlist.ts";
import { allowlistHasNatGateways } from "./n03-nat.ts";
import { wayIntoVpcExists } from "./n04-way-in.ts";
import { groupsLetThisHostIn } from "./n05-security-groups.ts";
import { subnetsLetPacketsPass } from "./n06-subnet-filters.ts";
import { nobodyRefuses } from "./n07-refused.ts";
import { handshakesFinish } from "./n08-stall.ts";
import { largeAnswersArrive } from "./n09-large-answers.ts";
import { handshakesAreNotReset } from "./n10-reset.ts";
import { noProxyInBetween } from "./n11-proxy.ts";
import { familiesMatch } from "./n12-family.ts";
import { phasesAreQuick } from "./n13-latency.ts";

/** A code without a check does not compile. */
export const NETWORK_CHECKS: Readonly<Record<NetworkCode, Check>> = {
  N01: pathsConnect,
  N02: allowlistHasThisHost,
  N03: allowlistHasNatGateways,
  N04: wayIntoVpcExists,
  N05: groupsLetThisHostIn,
  N06: subnetsLetPacketsPass,
  N07: nobodyRefuses,
  N08: handshakesFinish,
  N09: largeAnswersArrive,
  N10: handshakesAreNotReset,
  N11: noProxyInBetween,
  N12: familiesMatch,
  N13: phasesAreQuick,
};
