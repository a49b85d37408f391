import { describe, expect, test } from "vitest";
import { known } from "../../../../src/model/fact.ts";
import type { Finding } from "../../../../src/model/finding.ts";
import type { FindingCode } from "../../../../src/model/finding-code.ts";
import type { KubeconfigEntry } from "../../../../src/model/local-settings.ts";
import { makeEntry, makeExec, withEntries } from "../../../support/kubeconfig-entries.ts";
import { findingOf, makeCluster, pubSnapshot } from "../../../support/snapshots.ts";

const judged = (code: FindingCode, ...changes: readonly Partial<KubeconfigEntry>[]): Finding =>
  findingOf(pubSnapshot({ local: withEntries(...changes.map(makeEntry)) }), code);

const fixed = (signedAt: string | undefined): Partial<KubeconfigEntry> => ({
  user: { kind: "token", signedAt },
});

describe("A10 the name that a token is for", () => {
  test("another cluster's is a warning, whatever this program's own token does", () => {
    const finding = judged("A10", { user: makeExec({ clusterName: "gonz-eks-pri" }) });
    expect(finding).toMatchObject({
      status: "warn",
      summary: "kubectl is refused (401): its token is for gonz-eks-pri, not for gonz-eks-pub",
      details: ["gonz-eks-pub (current) in /home/me/.kube/config: gonz-eks-pri"],
    });
    expect(finding.next).toContain("aws eks update-kubeconfig --name gonz-eks-pub");
  });

  test("the ARN in place of the name is told as what it is", () => {
    const clusterName = "arn:aws:eks:ap-northeast-2:111122223333:cluster/gonz-eks-pub";
    expect(judged("A10", { user: makeExec({ clusterName }) }).details.at(-1)).toContain("its ARN");
  });

  test("a local cluster on Outposts goes by its id", () => {
    const localId = "12345678-1234-4321-8765-123456789012";
    const snapshot = pubSnapshot({
      cluster: known(makeCluster({ localId })),
      local: withEntries(makeEntry({ user: makeExec({ clusterName: localId }) })),
    });
    expect(findingOf(snapshot, "A10").status).toBe("ok");
  });

  test("one context of two that is wrong is a warning that names it", () => {
    const other = { context: "old", current: false, user: makeExec({ clusterName: "x" }) };
    expect(judged("A10", {}, other).details).toEqual(["old in /home/me/.kube/config: x"]);
  });

  test("a context that is only called so, or names no cluster, is not judged", () => {
    const elsewhere = { matchedBy: "name", user: makeExec({ clusterName: "x" }) } as const;
    expect(judged("A10", elsewhere).status).toBe("skip");
    expect(judged("A10", { user: makeExec({ clusterName: undefined }) }).status).toBe("skip");
    expect(judged("A10", { user: { kind: "certificate" } }).status).toBe("skip");
  });
});

describe("A11 renewal", () => {
  test("a token older than a quarter of an hour is refused by now", () => {
    const finding = judged("A11", fixed("2023-04-21T15:26:31.000Z"));
    expect(finding).toMatchObject({
      status: "warn",
      summary:
        "the kubeconfig holds a token signed 15 minutes ago, which no API server takes any more",
    });
    expect(finding.next).toContain("aws_eks_cluster_auth");
  });

  test("a younger one still works, and is a warning for what is about to come", () => {
    expect(judged("A11", fixed("2023-04-21T15:26:32.000Z")).summary).toBe(
      "the kubeconfig holds a fixed token, which ends 15 minutes after it was signed",
    );
  });

  test("a command signs anew; of a service account's token the end is not known", () => {
    expect(judged("A11", {}).status).toBe("ok");
    expect(judged("A11", fixed(undefined)).status).toBe("skip");
    expect(judged("A11", { user: { kind: "other" } }).status).toBe("skip");
  });
});

describe("A12 the exec command", () => {
  test("one that is not there is a warning, and this program can stand in for it", () => {
    const finding = judged("A12", { user: makeExec({ found: "no" }) });
    expect(finding).toMatchObject({
      status: "warn",
      summary: "kubectl finds no command aws here, and so no token",
    });
    expect(finding.next).toBe(
      "command -v aws   # install it, or let the kubeconfig run: eks-probe token --cluster gonz-eks-pub",
    );
  });

  test("not known is not missing", () => {
    expect(judged("A12", { user: makeExec({ found: "unknown" }) }).status).toBe("skip");
    expect(judged("A12", {})).toMatchObject({ status: "ok", summary: "found: aws" });
    expect(judged("A12", { user: { kind: "certificate" } }).status).toBe("skip");
  });
});
