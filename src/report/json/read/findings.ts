import * as v from "valibot";
import type { Drift } from "../../../model/drift.ts";
import type { Expectations } from "../../../model/expectations.ts";
import type { Finding, Verdict } from "../../../model/finding.ts";
import type { FindingCode } from "../../../model/finding-code.ts";
import type { Gate } from "../../check-report.ts";
import { mode } from "./cluster.ts";
import {
  flag,
  list,
  listOrNone,
  maybe,
  maybeWord,
  name,
  number,
  type Read,
  text,
  word,
} from "./parts.ts";

/** What the checks said, and what came of it. */

/** Any that looks like one: a later version has more of them. */
const code: Read<FindingCode> = v.pipe(
  v.string(),
  v.regex(/^[A-Z][0-9]{2,3}$/),
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  v.transform((value) => value as FindingCode),
);

export const finding: Read<Finding> = v.object({
  code,
  topic: v.nullish(name, ""),
  status: word(["ok", "warn", "fail", "skip", "unknown"], "unknown"),
  summary: text,
  details: list(text),
  side: maybeWord(["local", "resolver", "network", "server", "aws", "user"]),
  next: maybe(text),
  addresses: list(name),
  optional: v.nullish(flag, false),
  title: v.nullish(text, ""),
  causedBy: listOrNone(code),
  blockedBy: listOrNone(code),
  ignored: maybe(text),
});

const exitCode: Read<number> = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));

export const verdict: Read<Verdict> = v.object({
  status: word(["healthy", "warning", "failed", "unknown", "interrupted"], "unknown"),
  exitCode,
  summary: text,
});

export const gate: Read<Gate> = v.object({ exitCode, failOn: word(["fail", "warn"], "fail") });

export const drift: Read<Drift> = v.object({
  baseline: text,
  baselineStartedAt: name,
  changes: list(
    v.object({
      kind: word(["added", "removed", "changed"], "changed"),
      what: text,
      before: maybe(text),
      after: maybe(text),
    }),
  ),
  notComparable: listOrNone(text),
});

export const expectations: Read<Expectations> = v.object({
  minApiServers: maybe(number),
  mode: maybe(mode),
  certificateDays: number,
  maxTcpMs: maybe(number),
  maxTlsMs: maybe(number),
  maxTtfbMs: maybe(number),
  ignore: list(v.object({ code, reason: text })),
});
