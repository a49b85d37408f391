import type { Address } from "../../model/address.ts";
import type { Eni } from "../../model/cluster.ts";
import { valueOf } from "../../model/fact.ts";
import type { Evidence } from "../check.ts";
import { deadAddresses } from "../dead.ts";

/** An ENI that should answer and drops every packet, as filters do: who refuses was reached. */
export interface SilentEni {
  readonly address: Address;
  readonly eni: Eni;
}

export function silentEnis(evidence: Evidence): readonly SilentEni[] {
  const enis = valueOf(evidence.snapshot.enis) ?? [];
  return deadAddresses(evidence, ["tcp-timeout"]).flatMap(({ address }) => {
    const eni = enis.find(
      ({ privateIp, otherIps }) => privateIp === address.ip || otherIps.includes(address.ip),
    );
    return eni === undefined ? [] : [{ address, eni }];
  });
}
