import { statSync } from "node:fs";
import { platform } from "node:os";
import { captureRoot } from "../../host/capture-root.ts";
import { sourceOf } from "../../host/read-node.ts";
import { type HostView, namesIn, viewOf } from "../../host/view.ts";
import type { NodeSnapshot } from "../../model/node/snapshot.ts";
import { quoteInput } from "../../target/parsed.ts";
import { nonEmpty, UsageError, type ValueReader } from "../options/values.ts";

/** The machine that is read, or a copy of one. */
export interface NodeSource {
  readonly view: HostView;
  readonly source: NodeSnapshot["source"];
}

/** The folder of a copy, as `--root` names it; else this machine. */
export function openSource(values: ValueReader): NodeSource {
  const root = values.one("root", nonEmpty("folder"));
  if (root === undefined) return thisMachine();
  const flag = values.nameOf("root");
  const quoted = quoteInput(root);
  const stat = statSync(root, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError(`${flag}: ${quoted} is not there`);
  if (!stat.isDirectory())
    throw new UsageError(
      `${flag}: ${quoted} is not a folder; unpack a capture or a bundle, and name the folder`,
    );
  const folder = captureRoot(root);
  const view = viewOf(folder);
  const source = sourceOf(folder);
  if (source.kind === "root" && namesIn(view, "/proc").length === 0)
    throw new UsageError(
      `${flag}: ${quoted} has no proc folder, and is no unpacked bundle of the EKS log collector`,
    );
  return { view, source };
}

function thisMachine(): NodeSource {
  if (platform() !== "linux")
    throw new UsageError(
      "node reads Linux's /proc: run it on the worker, or give it a copy with --root DIR",
    );
  return { view: viewOf("/"), source: { kind: "live" } };
}
