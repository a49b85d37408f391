import { valueOf } from "../../model/fact.ts";
import { type Check, count, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { connectedAddresses, type DeadAddress, deadAddresses, idsOf } from "../dead.ts";
import { type Culprit, culpritOf, kindOf } from "./culprit.ts";

/** Nobody in between ends the connection when it sees the name. */
export const handshakesAreNotReset: Check = {
  topic: "reset",
  title: "no handshake is broken off after the ClientHello",
  explains: ["N01"],
  run: (evidence) => {
    const { snapshot } = evidence;
    const connected = connectedAddresses(evidence);
    if (connected.size === 0) return skippedCheck("no connection was made");
    const reset = deadAddresses(evidence, ["tls-reset"]);
    const [first] = reset;
    if (first === undefined) return passed("no handshake was broken off");
    const culprit = culpritOf(reset, connected, evidence);
    const all = culprit === "everywhere";
    const host = valueOf(snapshot.cluster)?.endpoint?.host ?? "the endpoint";
    return problem(
      "fail",
      `the connection ends right after the ClientHello at ${all ? "all " : `${reset.length} of `}${count(connected.size, "address", "addresses")}`,
      {
        details: [
          ...reset.map(({ address, failure }) => `${shortAddress(address.id)}: ${failure.message}`),
          whoEnds(culprit, reset),
        ],
        side: all || (culprit === "way" && reset.length > 1) ? "network" : "server",
        next:
          all || culprit === "way"
            ? `openssl s_client -noservername -connect ${first.address.id} </dev/null   # if this shakes hands, something filters by name: allow ${host} there`
            : `eks-probe endpoints --cluster ${snapshot.request.cluster} -n 5   # a server that ends leaves DNS within a minute; if it is the only one that can be tried, look for a filter by name`,
        addresses: idsOf(reset),
      },
    );
  },
};

function whoEnds(culprit: Culprit, reset: readonly DeadAddress[]): string {
  switch (culprit) {
    case "everywhere":
      return "everywhere: a firewall or egress filter reads the name (SNI) and ends what it does not allow";
    case "at-times":
      return "other connections to it were answered: one of several API servers behind it is starting or ending";
    case "way":
      return reset.length > 1
        ? `only the ${kindOf(reset)}, all of them: a firewall or egress filter on that way reads the name (SNI)`
        : "every API server answers at its ENI: the load balancer of this address has none that is healthy, or a filter by name (SNI) is on that way";
    case "server":
      return "only there: a load balancer without a healthy server, or a server that is starting or ending";
  }
}
