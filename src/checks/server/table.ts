import type { ServerCode } from "../../model/finding-code.ts";
import type { Check } from "../check.ts";
import { serversAreNamed } from "./p01-map.ts";
import { signalsAgree } from "./p02-signals.ts";
import { addressesAreSticky } from "./p03-sticky.ts";
import { answersAreGood } from "./p04-status.ts";
import { versionsAgree } from "./p05-versions.ts";
import { serversAreReady } from "./p06-health.ts";
import { topologyIsRead } from "./p07-topology.ts";
import { noRemovedServerAnswers } from "./p08-removed.ts";
import { noServerShedsLoad } from "./p09-load.ts";
import { enoughServers } from "./p10-count.ts";

/** A code without a check does not compile. */
export const SERVER_CHECKS: Readonly<Record<ServerCode, Check>> = {
  P01: serversAreNamed,
  P02: signalsAgree,
  P03: addressesAreSticky,
  P04: answersAreGood,
  P05: versionsAgree,
  P06: serversAreReady,
  P07: topologyIsRead,
  P08: noRemovedServerAnswers,
  P09: noServerShedsLoad,
  P10: enoughServers,
};
