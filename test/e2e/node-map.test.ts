import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findScenario } from "../../src/lab/scenarios/table.ts";
import { type Lab, startLab } from "../../src/lab/start.ts";
import type { NodeDocument } from "../../src/report/node/document.ts";
import { closeLab, runIn } from "../support/e2e.ts";
import type { Ended } from "../support/run-program.ts";

vi.mock("../../src/lab/pki.ts", async (importOriginal) => {
  const { cachePki } = await import("../support/cached-pki.ts");
  return cachePki(await importOriginal());
});

let lab: Lab;
let home: string;

function file(name: string): string {
  return join(home, name);
}

/** Everything that the program could ask is out of order: whoever asks fails. */
const NOBODY = {
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  EKS_PROBE_RESOLVER: "127.0.0.1:9",
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
};

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return runIn(lab, ["node", ...args], env);
}

function documentOf({ stdout }: Ended): NodeDocument {
  return JSON.parse(stdout);
}

beforeAll(async () => {
  const scenario = findScenario("field-notes");
  if (scenario === undefined) throw new Error("the scenario is gone");
  [lab, home] = await Promise.all([
    startLab(scenario),
    mkdtemp(join(tmpdir(), "eks-probe-node-map-")),
  ]);
  for (const name of ["gonz-eks-pub", "gonz-eks-pri"]) {
    const saved = await runIn(lab, ["endpoints", "--cluster", name, "-o", "json"]);
    await writeFile(file(`${name}.json`), saved.stdout);
  }
  const cluster = ["--cluster", "gonz-eks-pub", "--for", "1s"];
  await runIn(
    lab,
    ["watch", ...cluster, "--record", file("record.jsonl")],
    {},
    { timeoutMs: 60_000 },
  );
}, 120_000);

afterAll(async () => {
  await closeLab(lab);
  await rm(home, { recursive: true });
});

describe("node, held against a file", () => {
  test.each(["gonz-eks-pub.json", "record.jsonl"])(
    "%s: as against the cluster, and asks nobody",
    async (name) => {
      const [asked, saved] = await Promise.all([
        node(["-o", "json"]),
        node(["-o", "json", "--map", file(name)], NOBODY),
      ]);
      expect(saved).toMatchObject({ stderr: "", code: asked.code });
      const [now, then] = [documentOf(asked), documentOf(saved)];
      expect(then.controlPlane.source).toMatchObject({ kind: "map", file: file(name) });
      expect({ ...then.controlPlane, source: undefined }).toEqual({
        ...now.controlPlane,
        source: undefined,
      });
      expect(then.connections).toEqual(now.connections);
      expect(then.findings.map(({ status }) => status)).toEqual(
        now.findings.map(({ status }) => status),
      );
    },
  );

  test("of another cluster than the one that --cluster names it is refused", async () => {
    const ended = await node(["--map", file("gonz-eks-pub.json"), "--cluster", "gonz-eks-blue"]);
    expect(ended).toMatchObject({ stdout: "", code: 2 });
    expect(ended.stderr).toContain(
      "--map: it is of gonz-eks-pub, and --cluster is gonz-eks-blue\n",
    );
  });

  test("of another cluster it is refused, for every connection would look lost", async () => {
    const ended = await node(["--map", file("gonz-eks-pri.json")]);
    expect(ended).toMatchObject({ stdout: "", code: 2 });
    expect(ended.stderr).toMatch(
      /^eks-probe: --map: gonz-eks-pri has the endpoint .* belongs to gonz-eks-pub at .*\n$/,
    );
  });

  test("another cluster than the worker's is refused as well where it was asked", async () => {
    const ended = await node(["--cluster", "gonz-eks-pri"]);
    expect(ended).toMatchObject({ stdout: "", code: 2 });
    expect(ended.stderr).toContain("--cluster: gonz-eks-pri has the endpoint");
  });

  test("a file of the worker's own, where a run is wanted, is refused", async () => {
    await writeFile(file("node.json"), (await node(["-o", "json", "--no-probe"])).stdout);
    const ended = await node(["--map", file("node.json")]);
    expect(ended).toMatchObject({ stdout: "", code: 2 });
    expect(ended.stderr).toContain("is not a saved run");
  });
});

describe("node, where little can be asked", () => {
  test("takes kubelet's endpoint and CA where DescribeCluster is denied, and says so", async () => {
    const denied = await startLab({
      ...lab.scenario,
      awsFaults: [{ action: "eks:DescribeCluster", kind: "access-denied", times: undefined }],
    });
    try {
      const ended = await runIn(denied, ["node", "-o", "json"]);
      expect(ended.stderr).toMatch(
        /^eks-probe: warning: .*DescribeCluster.*; kubelet's endpoint and CA are taken instead\n$/,
      );
      const { controlPlane, connections } = documentOf(ended);
      expect(controlPlane.privateAccess).toBe("unknown");
      expect(connections.map(({ apiServer }) => apiServer.state)).not.toContain("unknown");
    } finally {
      await closeLab(denied);
    }
  });

  test("shows the worker where no credentials are to be had, and cannot tell", async () => {
    const ended = await node(["-o", "json"], NOBODY);
    expect(ended.code).toBe(3);
    const { connections, findings } = documentOf(ended);
    expect(connections.map(({ process }) => process)).toContain("kubelet");
    expect(findings.find(({ code }) => code === "W01")).toMatchObject({ status: "unknown" });
  });

  test("ends with what it knows when it is interrupted", async () => {
    const silent = createServer();
    const asked = once(silent, "connection");
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    try {
      const ended = await runIn(
        lab,
        ["node", "-o", "json", "--timeout", "2m"],
        { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
        { onStart: (child) => void asked.then(() => child.kill("SIGINT")) },
      );
      expect(ended).toMatchObject({ code: 130, stderr: "" });
      const { verdict, connections } = documentOf(ended);
      expect(verdict.status).toBe("interrupted");
      expect(connections).not.toEqual([]);
    } finally {
      silent.close();
    }
  });

  test("writes text and JSON of one reading, and needs a place for both", async () => {
    const ended = await node(["-o", "text", "-o", `json=${file("both.json")}`]);
    expect(ended).toMatchObject({ stderr: "", code: 0 });
    const written: NodeDocument = JSON.parse(await readFile(file("both.json"), "utf8"));
    expect(ended.stdout).toContain(written.verdict.summary);
    const clash = await node(["-o", "text", "-o", "json"]);
    expect(clash).toMatchObject({ stdout: "", code: 2 });
  });
});
