import { count, passed, skippedCheck } from "../../checks/check.ts";
import { valueOf } from "../../model/fact.ts";
import type { NodeFlow } from "../../model/node/flow.ts";
import type { NamespaceSockets } from "../../model/node/snapshot.ts";
import { KUBELET_PORT } from "../names.ts";
import { enisNotKnown, type NodeCheck, notSeen } from "./check.ts";
import { firstOf, ipsOf } from "./words.ts";

/** The other way round: exec, logs and port-forward come from the control plane to kubelet. */
export const controlPlaneComesIn: NodeCheck = {
  topic: "inbound",
  title: "the control plane comes in from its ENIs to kubelet's port 10250",
  optional: true,
  run: (evidence) => {
    const { flows, controlPlane, snapshot } = evidence;
    const ofPods = new Set(
      snapshot.namespaces.slice(1).flatMap(({ sockets }) => valueOf(sockets) ?? []),
    );
    const inbound = flows.filter(
      ({ direction, socket }) => direction === "from-control-plane" && !ofPods.has(socket),
    );
    const byEni = inbound.filter(({ address }) => address?.kind === "eni");
    if (byEni.length > 0) {
      return passed(
        `the control plane comes in from ${ipsOf(byEni.map(({ seen }) => seen)).join(", ")} to kubelet's port 10250`,
        { details: firstOf([...linesOf(byEni), ...othersOf(inbound)]) },
      );
    }
    const host = snapshot.namespaces[0]?.sockets;
    if (inbound.length === 0 && host !== undefined && host.kind !== "known")
      return notSeen(host, evidence);
    if (inbound.length > 0 && controlPlane.enis.kind !== "known") return enisNotKnown(evidence);
    return skippedCheck(
      listens(host)
        ? "no connection of the control plane to port 10250 is open: it makes one for exec, logs and the like"
        : "nothing listens at port 10250 here",
    );
  },
};

function listens(sockets: NamespaceSockets["sockets"] | undefined): boolean {
  const own = sockets === undefined ? [] : (valueOf(sockets) ?? []);
  return own.some(({ state, local }) => state === "listen" && local.port === KUBELET_PORT);
}

function linesOf(flows: readonly NodeFlow[]): readonly string[] {
  return ipsOf(flows.map(({ seen }) => seen)).map((ip) => {
    const own = flows.filter(({ seen }) => seen.ip === ip);
    const names = own
      .slice(0, 1)
      .flatMap(({ address, apiServer }) => [address?.eniId, valueOf(apiServer)])
      .filter((name) => name !== undefined);
    const named = names.length === 0 ? "" : ` (${names.join(", ")})`;
    return `${ip}${named}: ${count(own.length, "connection")}`;
  });
}

/** Whoever collects metrics asks kubelet, too. */
function othersOf(inbound: readonly NodeFlow[]): readonly string[] {
  const others = ipsOf(
    inbound.filter(({ address }) => address?.kind !== "eni").map(({ seen }) => seen),
  );
  return others.length === 0 ? [] : [`others at that port: ${others.join(", ")}`];
}
