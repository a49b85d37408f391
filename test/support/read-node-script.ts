import { readNode } from "../../src/host/read-node.ts";
import { viewOf } from "../../src/host/view.ts";

/** Reads the machine that it runs on, as whoever runs it. Arguments: ports. Prints the snapshot. */
const clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  wait: () => Promise.resolve(),
};
const ports = process.argv.slice(2).map(Number);
const snapshot = await readNode(viewOf("/"), { source: { kind: "live" }, clock, ports });
process.stdout.write(JSON.stringify(snapshot));
