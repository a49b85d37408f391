import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import { closeLab, runIn } from "../support/e2e.ts";
import { findLeaks } from "../support/leak-scan.ts";
import { httpPeer } from "../support/plain-http-peer.ts";
import { kubeconfigText, tempFolder } from "../support/temp-kubeconfig.ts";

const NAME = "gonz-eks-pub";
const folder = tempFolder();
const labs = new Map<string, Lab>();

beforeAll(async () => {
  for (const name of ["gonz-eks-pub", "vip-refused"]) {
    const scenario = findScenario(name);
    if (scenario === undefined) throw new Error(`no scenario ${name}`);
    labs.set(name, await startLab(scenario));
  }
});
afterAll(async () => {
  for (const lab of labs.values()) await closeLab(lab);
  folder.remove();
});

function labOf(name: string): Lab {
  const lab = labs.get(name);
  if (lab === undefined) throw new Error(`${name} is not up`);
  return lab;
}

const named = (origin: string) => ({
  EKS_PROBE_METADATA: origin,
  EKS_PROBE_EGRESS_SERVICE: `${origin}/ip`,
});
/** AWS_EC2_METADATA_DISABLED is true in every run of a test. */
const byAwsAlone = (origin: string) => ({
  EKS_PROBE_METADATA: "",
  AWS_EC2_METADATA_SERVICE_ENDPOINT: origin,
});

const runWithPeer = async (
  scenario: string,
  args: readonly string[],
  envOf: (origin: string) => Readonly<Record<string, string>> = named,
) => {
  await using peer = await httpPeer((_request, response) => response.end("203.0.113.7"));
  const all = ["endpoints", "--cluster", NAME, ...args];
  const ended = await runIn(labOf(scenario), all, envOf(peer.origin));
  return { ended, seen: peer.seen.toSorted() };
};

describe("the metadata service and the egress service", () => {
  const ALL = ["GET /ip", "GET /latest/meta-data/instance-id", "PUT /latest/api/token"];

  test("are asked when an address is dead", async () => {
    const { ended, seen } = await runWithPeer("vip-refused", []);
    expect(ended.code).toBe(1);
    expect(seen).toEqual(ALL);
  });

  test("are asked with --deep, and otherwise not while all is well", async () => {
    expect((await runWithPeer(NAME, [])).seen).toEqual([]);
    const { ended, seen } = await runWithPeer(NAME, ["--deep"]);
    expect(ended.code).toBe(0);
    expect(seen).toEqual(ALL);
  });

  test("are not asked where the user says so, or knows", async () => {
    const args = ["--metadata", "off", "--egress-ip", "203.0.113.7"];
    expect((await runWithPeer("vip-refused", args)).seen).toEqual([]);
  });

  test("the metadata service is not asked where AWS's variable switches it off, wherever it is", async () => {
    expect((await runWithPeer("vip-refused", [], byAwsAlone)).seen).toEqual([]);
  });
});

describe("the settings of this machine", () => {
  const SECRETS = [
    "MARKEDPASSWORDOFPROXY",
    "MARKEDTOKENOFUSER",
    "MARKEDKEYOFUSER",
    "MARKEDARGUMENT",
  ];
  const [password, token, key, argument] = SECRETS;

  test.each([["-v", "--wide"], ["-o", "json"], ["--deep"]])(
    "are read in every run and no secret of them is shown (%s %s)",
    async (...flags) => {
      const KUBECONFIG = folder.write(
        "config",
        kubeconfigText({
          currentContext: NAME,
          contexts: [{ name: NAME, context: { cluster: NAME, user: "me" } }],
          clusters: [
            { name: NAME, cluster: { server: `https://me:${password}@old.example?${token}` } },
          ],
          users: [
            {
              name: "me",
              user: {
                token,
                "client-key-data": key,
                exec: { command: "aws", args: ["eks", "get-token", argument], env: [] },
              },
            },
          ],
        }),
      );
      const env = { KUBECONFIG, HTTPS_PROXY: `http://me:${password}@127.0.0.1:9` };
      for (const scenario of [NAME, "vip-refused"]) {
        const ended = await runIn(
          labOf(scenario),
          ["endpoints", "--cluster", NAME, ...flags.filter(Boolean)],
          env,
        );
        expect(findLeaks(ended.stdout + ended.stderr, SECRETS)).toEqual([]);
        expect(ended.stdout).not.toBe("");
      }
    },
  );

  test("a kubeconfig that is broken, or no file at all, stops nobody", async () => {
    for (const KUBECONFIG of [folder.write("broken", `${NAME}: [`), folder.path, "/dev/zero"]) {
      const ended = await runIn(labOf(NAME), ["endpoints", "--cluster", NAME, "-q"], {
        KUBECONFIG,
      });
      expect(ended).toMatchObject({ code: 0, stderr: "" });
    }
  });
});
