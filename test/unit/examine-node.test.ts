import { describe, expect, test } from "vitest";
import { concludeNode, examineNode } from "../../src/examine-node.ts";
import { known } from "../../src/model/fact.ts";
import type { NodeSnapshot } from "../../src/model/node/snapshot.ts";
import { controlPlaneUnasked } from "../../src/node/known/control-plane.ts";
import { at, nodeWorld } from "../support/node-world.ts";

const { snapshot, controlPlane } = nodeWorld();
const NEVER = new AbortController().signal;

/** What is done, in order: the ports that are read, and `find`. */
function steps(): {
  readonly done: string[];
  readonly read: (ports: readonly number[]) => Promise<NodeSnapshot>;
} {
  const done: string[] = [];
  return {
    done,
    read: (ports) => {
      done.push(`read ${ports.join(",")}`);
      return Promise.resolve(snapshot);
    },
  };
}

describe("a worker", () => {
  test("is read before anything is asked, and once where the port is the usual one", async () => {
    const { done, read } = steps();
    const report = await examineNode({
      read,
      find: () => {
        done.push("find");
        return Promise.resolve(controlPlane);
      },
      simulated: false,
      signal: NEVER,
    });
    expect(done).toEqual(["read 443", "find"]);
    expect(report).toEqual(concludeNode(snapshot, controlPlane, false, false));
  });

  test("is read again for a port that was not known before", async () => {
    const { done, read } = steps();
    const vips = known([{ endpoint: at("198.51.100.7", 6443), apiServer: known("server") }]);
    await examineNode({
      read,
      find: () => Promise.resolve({ ...controlPlane, vips, enis: known([]) }),
      simulated: false,
      signal: NEVER,
    });
    expect(done).toEqual(["read 443", "read 443,6443"]);
  });

  test("is read once for a port that was given", async () => {
    const { done, read } = steps();
    const vips = known([{ endpoint: at("198.51.100.7", 6443), apiServer: known("server") }]);
    await examineNode({
      read,
      ports: [6443],
      find: () => Promise.resolve({ ...controlPlane, vips, enis: known([]) }),
      simulated: false,
      signal: NEVER,
    });
    expect(done).toEqual(["read 443,6443"]);
  });

  test("is not judged where the user had no patience, and not read again", async () => {
    const { done, read } = steps();
    const vips = known([{ endpoint: at("198.51.100.7", 6443), apiServer: known("server") }]);
    const stop = new AbortController();
    const { verdict } = await examineNode({
      read,
      find: () => {
        stop.abort("SIGINT");
        return Promise.resolve({ ...controlPlane, vips, enis: known([]) });
      },
      simulated: false,
      signal: stop.signal,
    });
    expect(done).toEqual(["read 443"]);
    expect(verdict).toMatchObject({ status: "interrupted", exitCode: 130 });
  });

  test("that nobody was asked about still shows its own ways", () => {
    const unasked = controlPlaneUnasked("--no-probe: nobody was asked", snapshot);
    const report = concludeNode(snapshot, unasked, false, false);
    expect(report.controlPlane).toMatchObject({
      cluster: "gonz-eks-pub",
      source: { kind: "none" },
    });
    expect(report.findings.map(({ code, status }) => `${code} ${status}`)).toContain("W01 skip");
  });
});
