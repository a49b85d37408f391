import type { AwsEvidence } from "../aws-port.ts";
import type { AwsSession } from "../session.ts";
import { accessEntries } from "./access-entries.ts";
import { natGateways } from "./nat-gateways.ts";
import { networkAcls } from "./network-acls.ts";
import { replayToken } from "./replay.ts";
import { routeTables } from "./route-tables.ts";
import { securityGroups } from "./security-groups.ts";
import { subnets } from "./subnets.ts";
import { updates } from "./updates.ts";
import { vpcDns } from "./vpc-dns.ts";

/** What AWS can tell beyond the map, each question in a file of its own. None rejects. */
export function createEvidence(session: AwsSession): AwsEvidence {
  return {
    replayToken: (name, signal) => replayToken(session, name, signal),
    accessEntries: (name, signal) => accessEntries(session, name, signal),
    securityGroups: (ids, signal) => securityGroups(session, ids, signal),
    networkAcls: (subnetIds, signal) => networkAcls(session, subnetIds, signal),
    routeTables: (vpcId, signal) => routeTables(session, vpcId, signal),
    subnets: (ids, signal) => subnets(session, ids, signal),
    natGateways: (vpcId, signal) => natGateways(session, vpcId, signal),
    vpcDns: (vpcId, signal) => vpcDns(session, vpcId, signal),
    updates: (name, signal) => updates(session, name, signal),
  };
}
