import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readDeniedUser } from "../../src/kube/denied-user.ts";
import { readClusterName } from "../../src/local/cluster-names.ts";
import { readExecArguments } from "../../src/local/exec-user.ts";
import { parseKubeconfig } from "../../src/local/kubeconfig-document.ts";
import { certificatesIn } from "../../src/local/pem.ts";
import { proxyUrl, readProxySettings } from "../../src/local/proxy.ts";
import { parseEndpoint } from "../../src/target/given-cluster.ts";
import { parseIp, parseMetadata, parseServiceUrl } from "../../src/target/local.ts";

const anything = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json());

test("parsers of local settings never throw, whatever the text", () => {
  const parsers: readonly ((text: string) => unknown)[] = [
    (text) => parseKubeconfig(text, "config"),
    readClusterName,
    certificatesIn,
    proxyUrl,
    readDeniedUser,
    parseEndpoint,
    parseIp,
    parseMetadata,
    parseServiceUrl,
    (text) => readProxySettings({ https_proxy: text, no_proxy: text }),
    (text) =>
      readExecArguments({ command: "aws", args: ["eks", "get-token", text, text], env: [] }),
  ];
  fc.assert(
    fc.property(anything, (text) => {
      for (const parse of parsers) expect(() => parse(text)).not.toThrow();
    }),
  );
});

/** Kubeconfigs of a form that may be right or wrong in any part, each with a mark in its values. */
const marked = fc.constantFrom<unknown>("MARK", ["MARK"], { MARK: "MARK" }, 1, null, true);
const kubeconfig = fc.record(
  {
    "current-context": marked,
    contexts: fc.oneof(marked, fc.array(fc.record({ name: marked, context: marked }))),
    clusters: fc.oneof(
      marked,
      fc.array(fc.record({ name: marked, cluster: fc.record({ server: marked }) })),
    ),
    users: fc.oneof(
      marked,
      fc.array(fc.record({ name: marked, user: fc.record({ token: marked, exec: marked }) })),
    ),
  },
  { requiredKeys: [] },
);

test("a kubeconfig that is refused is refused without a word of its content", () => {
  let refused = 0;
  fc.assert(
    fc.property(kubeconfig, fc.boolean(), (value, cut) => {
      const text = JSON.stringify(value);
      const parsed = parseKubeconfig(cut ? text.slice(0, -1) : text, "config");
      if (parsed.kind === "ok") return;
      refused += 1;
      expect(JSON.stringify(parsed)).not.toContain("MARK");
    }),
  );
  expect(refused).toBeGreaterThan(0);
});

test("no proxy's URL has a user name, a password or a path", () => {
  const part = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/);
  fc.assert(
    fc.property(part, part, fc.domain(), fc.nat(65_535), (user, password, host, port) => {
      const url = proxyUrl(`http://u${user}:p${password}@${host}:${port}/path?x=${password}`);
      expect(url).toMatch(/^http:\/\/[^@/]+$/);
    }),
  );
});
