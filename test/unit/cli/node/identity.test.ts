import { describe, expect, test } from "vitest";
import { withIdentity } from "../../../../src/cli/node/identity.ts";
import { readOptions } from "../../../../src/cli/options/read.ts";
import { NODE_OPTIONS } from "../../../../src/cli/options/tables/node.ts";
import { type ValueReader, valueReader } from "../../../../src/cli/options/values.ts";
import { startMetadataService } from "../../../../src/lab/client/metadata.ts";
import { known, skipped } from "../../../../src/model/fact.ts";
import type { NodeSnapshot } from "../../../../src/model/node/snapshot.ts";
import { parseClusterName, parseRegion } from "../../../../src/target/names.ts";
import { CLIENT_DETAILS } from "../../../support/lab-details.ts";
import { nodeWorld } from "../../../support/node-world.ts";

const NEVER = new AbortController().signal;
const OF_KUBELET = {
  server: "https://10.0.0.9",
  certificateAuthority: skipped("the kubeconfig names no CA"),
  nodeIp: undefined,
  clusterDns: [],
  file: "/etc/kubernetes/kubelet/kubeconfig",
} as const;

function optionsOf(flags: Readonly<Record<string, string>>): ValueReader {
  const read = readOptions(NODE_OPTIONS, flags, {});
  if (read.kind === "bad") throw new Error(read.problem);
  return valueReader(read.value);
}

/** What the worker's instance, whose tags name `alpha`, is asked for, and what comes of it. */
async function identify(
  snapshot: Partial<NodeSnapshot>,
  flags: Readonly<Record<string, string>> = {},
) {
  const { instance } = CLIENT_DETAILS;
  const whole = { ...instance, fault: undefined };
  const service = await startMetadataService(whole, "ap-northeast-2", () => Date.now());
  try {
    const values = optionsOf({ metadata: service.url, ...flags });
    const node = { ...nodeWorld().snapshot, ...snapshot };
    const named = await withIdentity(values, node, NEVER);
    return [named.one("cluster", parseClusterName), named.one("region", parseRegion)];
  } finally {
    service.close();
  }
}

describe("which cluster a worker belongs to", () => {
  const certificate = known({ ...OF_KUBELET, clusterName: undefined, region: undefined });

  test("is kubelet's to say, then its instance's tags", async () => {
    expect(await identify({})).toEqual(["gonz-eks-pub", "ap-northeast-2"]);
    expect(await identify({ kubelet: certificate })).toEqual(["alpha", "ap-northeast-2"]);
    const none = skipped("this machine has no kubeconfig of kubelet");
    expect(await identify({ kubelet: none })).toEqual(["alpha", "ap-northeast-2"]);
  });

  test("is the user's to say before either", async () => {
    expect(await identify({ kubelet: certificate }, { cluster: "mine" })).toEqual([
      "mine",
      "ap-northeast-2",
    ]);
  });

  test("is not what the tags of another machine say, where a copy is read", async () => {
    const source = { kind: "root", path: "/tmp/worker" } as const;
    expect(await identify({ source, kubelet: certificate })).toEqual([undefined, undefined]);
  });
});
