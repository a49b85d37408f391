import { describe, expect, test } from "vitest";
import { CHECKS } from "../../../../src/checks/table.ts";
import { known, skipped, unknown } from "../../../../src/model/fact.ts";
import type { Failure } from "../../../../src/model/failure.ts";
import type { Finding } from "../../../../src/model/finding.ts";
import type { FindingCode } from "../../../../src/model/finding-code.ts";
import {
  type KubeconfigEntry,
  type LocalSettings,
  NO_PROXY_SETTINGS,
} from "../../../../src/model/local-settings.ts";
import { makeEntry, withEntries } from "../../../support/kubeconfig-entries.ts";
import {
  failedAt,
  findingOf,
  makeCluster,
  PUB_HOST,
  pubSnapshot,
  reportOf,
} from "../../../support/snapshots.ts";

const OTHER_CA = known("-----BEGIN CERTIFICATE-----\nOTHER\n-----END CERTIFICATE-----\n");
const OTHER_HOST = "f14ded698ce1583e19d28678b846c0cd.yl4.ap-northeast-2.eks.amazonaws.com";
const UNREADABLE: Failure = {
  code: "file-unreadable",
  phase: "kubeconfig",
  side: "user",
  message: "/home/me/.kube/ca.pem could not be read (EACCES)",
};

const judged = (code: FindingCode, ...changes: readonly Partial<KubeconfigEntry>[]): Finding =>
  findingOf(pubSnapshot({ local: withEntries(...changes.map(makeEntry)) }), code);

const OF_KUBECONFIG = ["T07", "T08", "A10", "A11", "A12"] as const;

describe("what the kubeconfig says", () => {
  test("is all well where aws eks update-kubeconfig wrote it", () => {
    const { findings, verdict } = reportOf(pubSnapshot({ local: withEntries(makeEntry()) }));
    const own = findings.filter(({ code }) => OF_KUBECONFIG.some((one) => one === code));
    expect(new Set(own.map(({ status }) => status))).toEqual(new Set(["ok"]));
    expect(verdict.status).toBe("healthy");
  });

  test.each(OF_KUBECONFIG)(
    "%s is skipped without a kubeconfig or a context of the cluster",
    (code) => {
      const local: LocalSettings = {
        proxy: NO_PROXY_SETTINGS,
        kubeconfig: skipped("there is no kubeconfig"),
      };
      expect(findingOf(pubSnapshot({ local }), code)).toMatchObject({
        status: "skip",
        summary: "there is no kubeconfig",
      });
      expect(findingOf(pubSnapshot({ local: withEntries() }), code).status).toBe("skip");
      expect(CHECKS[code].optional).toBe(true);
    },
  );

  test("that it cannot be read is unknown once, and changes nothing in the verdict", () => {
    const local: LocalSettings = { proxy: NO_PROXY_SETTINGS, kubeconfig: unknown(UNREADABLE) };
    const { findings, verdict } = reportOf(pubSnapshot({ local }));
    const unknowns = findings.filter(({ status }) => status === "unknown");
    expect(unknowns.map(({ code }) => code)).toEqual(["T07"]);
    expect(findings.find(({ code }) => code === "A12")?.summary).toContain("(T07)");
    expect(verdict.exitCode).toBe(0);
  });
});

describe("T07 the kubeconfig's CA", () => {
  test("another one than the cluster's is a warning with the file and the command", () => {
    const finding = judged("T07", { certificateAuthority: OTHER_CA });
    expect(finding).toMatchObject({
      status: "warn",
      summary: "kubectl does not verify this cluster in the context gonz-eks-pub (current)",
      side: "user",
    });
    expect(finding.details[0]).toContain("/home/me/.kube/config: has another CA than the cluster");
    expect(finding.next).toMatch(
      /^aws eks update-kubeconfig --name gonz-eks-pub --region ap-northeast-2 {3}# /,
    );
  });

  test("lines broken elsewhere, or further CAs beside it, are the same CA", () => {
    const pem = "-----BEGIN CERTIFICATE-----\r\nEXAM\r\nPLE\r\n-----END CERTIFICATE-----";
    expect(judged("T07", { certificateAuthority: known(pem) }).status).toBe("ok");
    const both = known(`${OTHER_CA.kind === "known" ? OTHER_CA.value : ""}${pem}`);
    expect(judged("T07", { certificateAuthority: both }).status).toBe("ok");
  });

  test("none at all, or no verification, are warnings of their own", () => {
    expect(judged("T07", { certificateAuthority: skipped("none") }).details[0]).toContain(
      "has no certificate-authority",
    );
    expect(judged("T07", { skipsVerification: true }).details[0]).toContain(
      "insecure-skip-tls-verify",
    );
  });

  test("a CA file that cannot be read is unknown, a wrong CA beside it still a warning", () => {
    const lost = { certificateAuthority: unknown(UNREADABLE) };
    expect(judged("T07", lost)).toMatchObject({
      status: "unknown",
      details: ["/home/me/.kube/config: /home/me/.kube/ca.pem could not be read (EACCES)"],
    });
    expect(judged("T07", lost, { certificateAuthority: OTHER_CA }).status).toBe("warn");
  });

  test("a CA file that is not there stops kubectl", () => {
    const gone = { ...UNREADABLE, message: "/home/me/.kube/ca.pem is not there", cause: "ENOENT" };
    expect(judged("T07", { certificateAuthority: unknown(gone) })).toMatchObject({
      status: "warn",
      details: ["/home/me/.kube/config: /home/me/.kube/ca.pem is not there"],
    });
  });

  test("a gateway of another name has a CA of its own, and is not judged", () => {
    const gateway = {
      matchedBy: "name",
      server: "https://kube.example.com:3026",
      certificateAuthority: OTHER_CA,
    } as const;
    expect(judged("T07", gateway).status).toBe("skip");
    expect(judged("T08", gateway).status).toBe("skip");
    // The endpoint of an earlier cluster of that name is no gateway.
    expect(judged("T07", { ...gateway, server: `https://${OTHER_HOST}` }).status).toBe("warn");
  });

  test("without the cluster's own CA there is nothing to compare with", () => {
    const cluster = known(makeCluster({ certificateAuthority: skipped("none given") }));
    const snapshot = pubSnapshot({ cluster, local: withEntries(makeEntry()) });
    expect(findingOf(snapshot, "T07").status).toBe("skip");
  });
});

describe("T08 the kubeconfig's server", () => {
  test.each([
    ["https://127.0.0.1:8443", "a tunnel at 127.0.0.1"],
    ["https://localhost:8443", "a tunnel at localhost"],
    ["https://k8s.example.com", "an address or alias of yours"],
    ["https://43.200.53.253", "an address or alias of yours"],
  ])("%s is a name that no certificate has", (server, why) => {
    const finding = judged("T08", { server });
    expect(finding.status).toBe("warn");
    expect(finding.details[0]).toContain(why);
    expect(finding.next).toBe(
      `kubectl --context gonz-eks-pub --tls-server-name ${PUB_HOST} get --raw /version   # then write tls-server-name beside server in /home/me/.kube/config`,
    );
  });

  test("with tls-server-name the tunnel is right, with a wrong one it is not", () => {
    const server = "https://127.0.0.1:8443";
    expect(judged("T08", { server, tlsServerName: PUB_HOST }).status).toBe("ok");
    expect(judged("T08", { server, tlsServerName: "kubernetes.default.svc" }).status).toBe("ok");
    expect(judged("T08", { server, tlsServerName: "example.com" }).status).toBe("warn");
  });

  test("an ENI's address is in its own server's certificate", () => {
    expect(judged("T08", { server: "https://10.0.20.41" }).status).toBe("ok");
    expect(judged("T08", { server: "https://10.0.20.42" }).status).toBe("warn");
  });

  test("an earlier cluster's endpoint is written anew, and told by T07 where the CA is old too", () => {
    const server = `https://${OTHER_HOST}`;
    expect(judged("T08", { server, matchedBy: "name" }).next).toContain("update-kubeconfig");
    const old = { server, matchedBy: "name", certificateAuthority: OTHER_CA } as const;
    expect([judged("T08", old).status, judged("T07", old).status]).toEqual(["skip", "warn"]);
  });

  test("who verifies nothing asks for no name; without a certificate nothing is claimed", () => {
    const server = "https://127.0.0.1:8443";
    expect(judged("T08", { server, skipsVerification: true }).status).toBe("skip");
    const snapshot = pubSnapshot({
      observations: [failedAt("43.200.53.253")],
      local: withEntries(makeEntry({ server })),
    });
    expect(findingOf(snapshot, "T08").status).toBe("skip");
  });

  test("a context with a name for a shell to trip over is quoted", () => {
    const finding = judged("T08", { server: "https://127.0.0.1", context: "a'b; rm x" });
    expect(finding.next).toContain(String.raw`--context 'a'\''b; rm x' --tls`);
  });
});
