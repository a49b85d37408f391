import type { Fact } from "../../model/fact.ts";
import type { Investigation } from "../../model/investigation.ts";
import type { KubeconfigEntry, LocalSettings, ProxySettings } from "../../model/local-settings.ts";
import { type FactDocument, factDocument } from "./fact.ts";

type EntryDocument = Omit<KubeconfigEntry, "certificateAuthority"> & {
  readonly certificateAuthority: FactDocument<string>;
};

export interface LocalDocument {
  readonly proxy: ProxySettings;
  readonly kubeconfig: FactDocument<readonly EntryDocument[]>;
}

export function localDocument({ proxy, kubeconfig }: LocalSettings): LocalDocument {
  return {
    proxy,
    kubeconfig: factDocument(kubeconfig, (entries) =>
      entries.map((entry) => ({
        ...entry,
        certificateAuthority: factDocument(entry.certificateAuthority, same),
      })),
    ),
  };
}

export type InvestigationDocument = {
  readonly [K in keyof Investigation]: Investigation[K] extends Fact<infer T>
    ? FactDocument<T>
    : never;
};

export function investigationDocument(asked: Investigation): InvestigationDocument {
  return {
    tokenReplay: factDocument(asked.tokenReplay, same),
    accessEntries: factDocument(asked.accessEntries, same),
    securityGroups: factDocument(asked.securityGroups, same),
    networkAcls: factDocument(asked.networkAcls, same),
    routeTables: factDocument(asked.routeTables, same),
    subnets: factDocument(asked.subnets, same),
    natGateways: factDocument(asked.natGateways, same),
    vpcDns: factDocument(asked.vpcDns, same),
    updates: factDocument(asked.updates, same),
    instance: factDocument(asked.instance, same),
    egress: factDocument(asked.egress, same),
  };
}

function same<T>(value: T): T {
  return value;
}
