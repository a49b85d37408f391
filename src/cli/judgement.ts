import { isAbsolute, join } from "node:path";
import { isFindingCode } from "../checks/table.ts";
import { type AskedJudgement, combineJudgement, type Judgement } from "../config/combine.ts";
import { shownPath } from "../local/files.ts";
import type { Expectations } from "../model/expectations.ts";
import { isoTime } from "../model/time.ts";
import { parseCount, parseIgnore, parseLimit, parseMode } from "../target/limits.ts";
import { type LoadedConfig, requireConfig } from "./config-file.ts";
import type { Io } from "./io.ts";
import { nonEmpty, oneOf, type ValueReader, withDefaults } from "./options/values.ts";

/** Options, and the file of the project beside them. */
export interface ReadJudgement {
  /** The options, with the cluster and the region that the file names where they name none. */
  readonly values: ValueReader;
  readonly judge: (cluster: string) => Judgement & { readonly baselinePath: string | undefined };
}

/** Reads how a run is to be judged; tells on stderr what of the file no longer holds. */
export async function readJudgement(values: ValueReader, io: Io): Promise<ReadJudgement> {
  const asked = readAsked(values);
  const config = await requireConfig(values.one("config", nonEmpty("file name")));
  const today = isoTime(Date.now()).slice(0, 10);
  return {
    values: withConfig(values, config),
    judge: (cluster) => {
      const judgement = combineJudgement(asked, config?.value, cluster, today);
      for (const note of judgement.notes)
        io.stderr.write(`eks-probe: warning: ${shownPath(config?.path ?? "")}: ${note}\n`);
      return { ...judgement, baselinePath: baselinePath(judgement, config) };
    },
  };
}

function readAsked(values: ValueReader): AskedJudgement {
  const minApiServers = values.one("expectApiServers", parseCount("API servers", 1_000));
  const mode = values.one("expectMode", parseMode);
  const certificateDays = values.one("expectCertificateDays", parseCount("days", 3_650));
  const maxTcpMs = values.one("expectTcp", parseLimit);
  const maxTlsMs = values.one("expectTls", parseLimit);
  const maxTtfbMs = values.one("expectTtfb", parseLimit);
  const ignore = values.all("ignore", parseIgnore(isFindingCode));
  const expectations: Partial<Expectations> = {
    ...(minApiServers === undefined ? {} : { minApiServers }),
    ...(mode === undefined ? {} : { mode }),
    ...(certificateDays === undefined ? {} : { certificateDays }),
    ...(maxTcpMs === undefined ? {} : { maxTcpMs }),
    ...(maxTlsMs === undefined ? {} : { maxTlsMs }),
    ...(maxTtfbMs === undefined ? {} : { maxTtfbMs }),
    ...(ignore.length === 0 ? {} : { ignore }),
  };
  return {
    expectations,
    failOn: values.one("failOn", oneOf(["fail", "warn"])),
    baseline: values.one("baseline", nonEmpty("file name")),
  };
}

/** A path in the file starts where the file is, one on the command line where the user is. */
function baselinePath(
  { baseline }: Judgement,
  config: LoadedConfig | undefined,
): string | undefined {
  if (baseline === undefined) return undefined;
  return baseline.fromConfig && config !== undefined && !isAbsolute(baseline.path)
    ? join(config.directory, baseline.path)
    : baseline.path;
}

function withConfig(values: ValueReader, config: LoadedConfig | undefined): ValueReader {
  return withDefaults(values, {
    // A kubeconfig names its own.
    ...(values.has("kubeconfig") ? {} : { cluster: config?.value.cluster }),
    region: config?.value.region,
  });
}
