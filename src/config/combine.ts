import type { FailOn } from "../checks/gate.ts";
import { type Expectations, NO_EXPECTATIONS } from "../model/expectations.ts";
import { sanitizeText } from "../model/text.ts";
import { MAX_REASON } from "../target/limits.ts";
import type { ConfigExpectations, ConfigFile, ConfigJudgement } from "./schema.ts";

/** What the options said; undefined where they said nothing. */
export interface AskedJudgement {
  readonly expectations: Partial<Expectations>;
  readonly failOn: FailOn | undefined;
  readonly baseline: string | undefined;
}

/** How one cluster is judged. */
export interface Judgement {
  readonly expectations: Expectations;
  readonly failOn: FailOn;
  /** `fromConfig`: the path starts at the config file's directory, not at the working one. */
  readonly baseline: { readonly path: string; readonly fromConfig: boolean } | undefined;
  /** Of ignores that have run out: one line each. */
  readonly notes: readonly string[];
}

/** Options beat the cluster's own section, that the whole file, that the defaults. `today` is `YYYY-MM-DD`. */
export function combineJudgement(
  asked: AskedJudgement,
  config: ConfigFile | undefined,
  cluster: string,
  today: string,
): Judgement {
  const clusters = config?.clusters ?? {};
  const own: ConfigJudgement = (Object.hasOwn(clusters, cluster) && clusters[cluster]) || {};
  // The nearer one comes first: where two ignore the same check, its reason is the one that is told.
  const ignores = [...(own.ignore ?? []), ...(config?.ignore ?? [])];
  const lapsed = ignores.filter(({ until }) => until !== undefined && until < today);
  const written = ignores
    .filter((one) => !lapsed.includes(one))
    .map(({ code, reason }) => ({ code, reason: sanitizeText(reason, MAX_REASON) }));
  const { failOn = "fail", baseline, expect } = { ...config, ...own };
  return {
    expectations: {
      ...NO_EXPECTATIONS,
      ...expectationsOf({ ...config?.expect, ...expect }),
      ...asked.expectations,
      ignore: [...(asked.expectations.ignore ?? []), ...written],
    },
    failOn: asked.failOn ?? failOn,
    baseline: baselineOf(asked.baseline, baseline),
    notes: lapsed.map(
      ({ code, until }) => `${code} is no longer ignored: it was to be until ${until ?? ""}`,
    ),
  };
}

function baselineOf(asked: string | undefined, written: string | undefined): Judgement["baseline"] {
  if (asked !== undefined) return { path: asked, fromConfig: false };
  return written === undefined ? undefined : { path: written, fromConfig: true };
}

function expectationsOf(expect: ConfigExpectations): Partial<Expectations> {
  const { apiServers, mode, certificateDays, tcp, tls, ttfb } = expect;
  return {
    ...(apiServers === undefined ? {} : { minApiServers: apiServers }),
    ...(mode === undefined ? {} : { mode }),
    ...(certificateDays === undefined ? {} : { certificateDays }),
    ...(tcp === undefined ? {} : { maxTcpMs: tcp }),
    ...(tls === undefined ? {} : { maxTlsMs: tls }),
    ...(ttfb === undefined ? {} : { maxTtfbMs: ttfb }),
  };
}
