import type { ConfigFile, ConfigJudgement } from "../../config/schema.ts";
import { shownPath } from "../../local/files.ts";
import { readConfig } from "../config-file.ts";
import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";
import { UsageError } from "../options/values.ts";

/** `config validate [FILE]`: every problem of the file, a line each. */
export const runConfig: RunCommand = async (_values, [action, file], io) => {
  if (action !== "validate")
    throw new UsageError("config: say what to do: eks-probe config validate [FILE]");
  const read = await readConfig(file);
  switch (read.kind) {
    case "none":
      throw new UsageError(
        "config validate: there is no eks-probe.yaml and no eks-probe.yml here; name the file",
      );
    case "bad":
      for (const problem of read.problems) io.stderr.write(`eks-probe: ${problem}\n`);
      return EXIT.usage;
    case "ok":
      io.stdout.write(
        `${[`${shownPath(read.config.path)}: ok`, ...contentOf(read.config.value)].join(" · ")}\n`,
      );
      return EXIT.ok;
  }
};

/** What the file says, in a few words a part. */
function contentOf(config: ConfigFile): readonly string[] {
  const clusters = Object.keys(config.clusters ?? {});
  return [
    ...(config.cluster === undefined ? [] : [`cluster ${config.cluster}`]),
    ...(config.region === undefined ? [] : [`region ${config.region}`]),
    ...judgementWords(config),
    ...(clusters.length === 0 ? [] : [`sections for ${clusters.join(", ")}`]),
  ];
}

function judgementWords({ expect, ignore, failOn, baseline }: ConfigJudgement): readonly string[] {
  const expected = Object.keys(expect ?? {});
  const ignored = (ignore ?? []).map(({ code }) => code);
  return [
    ...(expected.length === 0 ? [] : [`expects ${expected.join(", ")}`]),
    ...(ignored.length === 0 ? [] : [`ignores ${ignored.join(", ")}`]),
    ...(failOn === undefined ? [] : [`fails on ${failOn}`]),
    ...(baseline === undefined ? [] : [`baseline ${shownPath(baseline)}`]),
  ];
}
