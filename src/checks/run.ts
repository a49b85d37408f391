import type { Finding } from "../model/finding.ts";
import type { FindingCode } from "../model/finding-code.ts";
import { type Check, type Evidence, type Outcome, skippedCheck } from "./check.ts";
import { regionFlag } from "./evidence.ts";
import { foldSymptoms } from "./fold.ts";
import { CHECKS, FINDING_CODES } from "./table.ts";

/**
 * Runs every check over what one run saw, folds symptoms under their causes, and marks what the
 * user wants ignored. Pure; a check that has nothing to say says skip.
 */
export function runChecks(evidence: Evidence): readonly Finding[] {
  const findings = new Map<FindingCode, Finding>();
  const relations: Record<FindingCode, Pick<Check, "explains">> = { ...CHECKS };
  const find = (code: FindingCode): Finding => {
    const done = findings.get(code);
    if (done !== undefined) return done;
    const check = CHECKS[code];
    const blockers = (check.needs ?? []).map(find).filter(isUnmet);
    const outcome = blockers.length > 0 ? blocked(blockers) : check.run(evidence);
    const finding = nameFinding(code, check, outcome, blockers, evidence);
    findings.set(code, finding);
    if (outcome.explains !== undefined) relations[code] = { explains: outcome.explains };
    return finding;
  };
  return foldSymptoms(FINDING_CODES.map(find), relations);
}

/** A warning leaves its assertion useful for what comes after; a failure or not knowing does not. */
function isUnmet({ status, blockedBy }: Finding): boolean {
  return status === "fail" || status === "unknown" || blockedBy.length > 0;
}

function blocked(blockers: readonly Finding[]): Outcome {
  const names = blockers.map(({ code, topic }) => `${code} (${topic})`);
  return skippedCheck(
    `needs ${names.join(", ")}, which ${names.length === 1 ? "is" : "are"} not ok`,
  );
}

function nameFinding(
  code: FindingCode,
  check: Check,
  { status, summary, details, side, next, addresses }: Outcome,
  blockers: readonly Finding[],
  evidence: Evidence,
): Finding {
  return {
    code,
    topic: check.topic,
    status,
    summary,
    details,
    side,
    next: next === undefined ? undefined : inRegion(next, evidence),
    addresses,
    optional: check.optional === true,
    title: check.title,
    causedBy: [],
    blockedBy: blockers.map((blocker) => blocker.code),
    ignored: evidence.expectations.ignore.find((ignored) => ignored.code === code)?.reason,
  };
}

/** Regional commands of the aws CLI that name no region, up to where it belongs: behind the name. */
const WITHOUT_REGION =
  /\baws (?:ec2|eks|route53resolver|ssm) [a-z-]+(?: --(?:cluster-)?name \S+)?(?=\s|$)(?!.* --region)/;

/** A command is copied into a shell whose own region may be another: the one looked at is named. */
function inRegion(next: string, evidence: Evidence): string {
  const [command = "", ...why] = next.split("   # ");
  const named = command.replace(WITHOUT_REGION, (found) => `${found}${regionFlag(evidence)}`);
  return [named, ...why].join("   # ");
}
