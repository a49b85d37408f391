import { type Check, count, passed, problem, shortAddress, skippedCheck } from "../check.ts";
import { connectedAddresses, type DeadAddress, deadAddresses, idsOf } from "../dead.ts";
import { type Culprit, culpritOf, kindOf } from "./culprit.ts";

/** Who accepts the connection also answers the first message of TLS. */
export const handshakesFinish: Check = {
  topic: "stall",
  title: "no handshake stalls after the connection was made",
  explains: ["N01"],
  run: (evidence) => {
    const { snapshot } = evidence;
    const connected = connectedAddresses(evidence);
    if (connected.size === 0) return skippedCheck("no connection was made");
    const stalling = deadAddresses(evidence, ["tls-timeout"]);
    const [first] = stalling;
    if (first === undefined) return passed("every handshake that began was answered");
    const culprit = culpritOf(stalling, connected, evidence);
    const addresses = count(stalling.length, "address", "addresses");
    return problem(
      "fail",
      `TLS stalls after TCP at ${culprit === "everywhere" ? `all ${addresses}` : `${stalling.length} of ${count(connected.size, "address", "addresses")}`}`,
      {
        details: [
          ...stalling.map(
            ({ address, failure }) => `${shortAddress(address.id)}: ${failure.message}`,
          ),
          ...whatItMayBe(culprit, stalling),
        ],
        side: culprit === "server" ? "server" : "network",
        next: nextFor(culprit, first, snapshot.request.cluster),
        addresses: idsOf(stalling),
      },
    );
  },
};

function whatItMayBe(culprit: Culprit, stalling: readonly DeadAddress[]): readonly string[] {
  switch (culprit) {
    case "everywhere":
      return [
        "1. large packets are lost (MTU of a VPN or tunnel): small ones pass, so TCP connects",
        "2. a middlebox accepts the connection and waits, or a filter drops by name (SNI)",
        "3. the control plane is overloaded or being rolled: it passes within minutes",
      ];
    case "at-times":
      return [
        "other connections to it were answered: packets are lost on the way, or one of several API servers behind it hangs",
      ];
    case "way":
      return stalling.length > 1
        ? [
            `1. only the ${kindOf(stalling)} stall, all of them: the MTU of that way, or a middlebox on it`,
            `2. ${HUNG}`,
          ]
        : [
            "every API server answers at its ENI: what stalls is the way to this address, or the load balancer behind it",
          ];
    case "server":
      return [HUNG];
  }
}

const HUNG = "that API server is hung, or just starting or ending: others answer by the same way";

function nextFor(culprit: Culprit, { address }: DeadAddress, cluster: string): string {
  switch (culprit) {
    case "everywhere":
    case "way":
      return `ping -c 3 -M do -s 1472 ${address.ip}   # "message too long": lower the MTU or clamp the MSS on the VPN or tunnel; else look for a proxy or firewall in between`;
    case "at-times":
      return `eks-probe endpoints --cluster ${cluster} -n 20   # how many stall: at all addresses packets are lost, at one a server hangs`;
    case "server":
      return `eks-probe endpoints --cluster ${cluster} -n 5   # a server that stays hung is replaced by EKS; if it is not, AWS support`;
  }
}
