import type { AuthCode } from "../../model/finding-code.ts";
import type { Check } from "../check.ts";
import { tokenIsSigned } from "./a01-token.ts";
import { tokenIsAccepted } from "./a02-accepted.ts";
import { clocksAgree } from "./a03-clock.ts";
import { callerIsKnown } from "./a04-caller.ts";
import { tokenCostIsKnown } from "./a05-token-cost.ts";
import { roleIsAssumed } from "./a06-role.ts";
import { tokenFits } from "./a07-token-size.ts";
import { stsAcceptsToken } from "./a08-sts.ts";
import { callerIsMapped } from "./a09-mapping.ts";
import { tokenIsForThisCluster } from "./a10-cluster-name.ts";
import { tokenIsRenewed } from "./a11-renewal.ts";
import { execCommandIsFound } from "./a12-exec.ts";
import { metadataAnswers } from "./a13-metadata.ts";
import { anonymousIsByDesign } from "./a14-anonymous.ts";
import { tokenArrives } from "./a15-arrives.ts";
import { judgementIsSteady } from "./a16-steady.ts";

/** A code without a check does not compile. */
export const AUTH_CHECKS: Readonly<Record<AuthCode, Check>> = {
  A01: tokenIsSigned,
  A02: tokenIsAccepted,
  A03: clocksAgree,
  A04: callerIsKnown,
  A05: tokenCostIsKnown,
  A06: roleIsAssumed,
  A07: tokenFits,
  A08: stsAcceptsToken,
  A09: callerIsMapped,
  A10: tokenIsForThisCluster,
  A11: tokenIsRenewed,
  A12: execCommandIsFound,
  A13: metadataAnswers,
  A14: anonymousIsByDesign,
  A15: tokenArrives,
  A16: judgementIsSteady,
};
