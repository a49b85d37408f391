import { examineNode } from "../../examine-node.ts";
import { readNode } from "../../host/read-node.ts";
import type { NodeReport } from "../../model/node/report.ts";
import { systemClock } from "../../runtime.ts";
import { parseEndpoint } from "../../target/given-cluster.ts";
import { THIS_TOOL } from "../check-renderers.ts";
import type { OutputTarget } from "../detect-output.ts";
import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";
import { findControlPlane, readMapFile } from "../node/find.ts";
import { openSource } from "../node/source.ts";
import { readOutputs } from "../options/outputs.ts";
import { isSimulated } from "../options/request.ts";
import type { ValueReader } from "../options/values.ts";
import { checkOutputFiles } from "../output-files.ts";
import { Interrupted } from "../saved-file.ts";
import { type Render, writeOutputs } from "../write-outputs.ts";

const FORMATS = ["text", "json"] as const;

type NodeFormat = (typeof FORMATS)[number];

const TEXT: OutputTarget<NodeFormat> = { format: "text", file: undefined };

/** Which process of this worker reaches which API server, and by which path. */
export const runNode: RunCommand = async (values, _rest, io) => {
  const asked = readOutputs<NodeFormat>(values, FORMATS);
  const outputs = asked.length > 0 ? asked : [TEXT];
  await checkOutputFiles(outputs);
  const { view, source } = openSource(values);
  try {
    const file = await readMapFile(values, io);
    const clock = systemClock();
    const report = await examineNode({
      read: (ports) => readNode(view, { source, clock, ports }),
      ports: givenPorts(values),
      find: (node) => findControlPlane(node, file, values, io),
      simulated: isSimulated(io.environment) || file?.simulated === true,
      signal: io.signal,
    });
    const renderers = await Promise.all(outputs.map(({ format }) => loadRender(format)));
    const written = await writeOutputs(report, outputs, renderers, values, io);
    const { exitCode } = report.verdict;
    return written || exitCode !== EXIT.ok ? exitCode : EXIT.usage;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  }
};

/** Sockets are read before the cluster is asked for. */
function givenPorts(values: ValueReader): readonly number[] {
  const endpoint = values.one("endpoint", parseEndpoint);
  return endpoint === undefined ? [] : [endpoint.port];
}

async function loadRender(format: NodeFormat): Promise<Render<NodeReport>> {
  if (format === "json") {
    const { renderNodeJson } = await import("../../report/node/json.ts");
    return (report) => renderNodeJson(report, THIS_TOOL);
  }
  const [{ renderNodeText }, { withoutCommands }] = await Promise.all([
    import("../../report/node/text.ts"),
    import("../../report/github/command.ts"),
  ]);
  return (report, { quiet, verbose, theme, forLog }) => {
    const text = renderNodeText(report, { quiet, verbose }, theme);
    return forLog ? withoutCommands(text) : text;
  };
}
