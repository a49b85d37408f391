import { count, passed, problem, skippedCheck } from "../../checks/check.ts";
import type { NodeCheck } from "./check.ts";
import { flowsToService, kubernetesNat, rulesNotRead } from "./kubernetes-nat.ts";
import { firstOf, groupFlows, groupLine } from "./words.ts";

/** IPVS forgets a connection that is silent for long, and drops what then comes on it. */
export const ipvsRemembers: NodeCheck = {
  topic: "ipvs",
  title: "connections through IPVS give a sign of life before it forgets them",
  optional: true,
  run: (evidence) => {
    const notRead = rulesNotRead(evidence);
    if (notRead !== undefined) return notRead;
    const services = kubernetesNat(evidence);
    const ips = services.flatMap(({ backend, service }) =>
      backend === "ipvs" ? [service.ip] : [],
    );
    if (ips.length === 0) return skippedCheck("IPVS does not translate the ClusterIP here");
    const through = flowsToService(evidence).filter(
      ({ seen, socket }) => ips.includes(seen.ip) && socket.state === "established",
    );
    if (through.length === 0) return skippedCheck("no connection goes through IPVS");
    const quiet = through.filter(
      ({ socket }) => socket.timer === "none" && socket.sendQueueBytes === 0,
    );
    if (quiet.length === 0)
      return passed(`${count(through.length, "connection")} through IPVS, each with a keepalive`);
    return problem(
      "warn",
      `${quiet.length} of ${count(through.length, "connection")} through IPVS ${quiet.length === 1 ? "has" : "have"} no TCP keepalive`,
      {
        details: [
          ...firstOf(groupFlows(quiet).map(groupLine)),
          "IPVS forgets a connection that is silent for 15 min (its default): a long watch then breaks off",
          "a client that pings over HTTP/2 is never silent as long",
        ],
        side: "local",
        next: "sudo ipvsadm -l --timeout   # the first is TCP's; ipvs.tcpTimeout of kube-proxy-config makes it longer",
      },
    );
  },
};
