import type { Finding } from "../../model/finding.ts";
import type { FindingCode } from "../../model/finding-code.ts";
import type { Theme } from "../theme.ts";
import { drawFinding, drawHint, standsAlone } from "./finding-lines.ts";

/** What a healthy run says in any case; the other checks speak when they have something to say. */
const ALWAYS: readonly FindingCode[] = ["D01", "T01", "P01", "P03"];

/**
 * With --deep these have a line each. The topology then says what the map's line says, which is left
 * out unless it has evidence to show: the whole is to fit one screen.
 */
const DEEP: readonly FindingCode[] = [
  "D01",
  "T01",
  "P03",
  "A04",
  "P05",
  "P06",
  "P07",
  "K01",
  "K02",
];

/** Of these the evidence is part of the message, also when all is well. */
const WITH_EVIDENCE: ReadonlySet<FindingCode> = new Set(["P01", "P03", "D01"]);

/** That EKS was not asked is no fault, and the reader has to know it. */
const WHEN_GIVEN: readonly FindingCode[] = ["C01"];

export interface FindingsOptions {
  readonly verbose: boolean;
  readonly deep: boolean;
  /** The cluster was given by the user. */
  readonly given?: boolean;
}

/** A line a finding; what is not ok also gets its evidence, its symptoms and the next step. */
export function drawFindings(
  findings: readonly Finding[],
  theme: Theme,
  { verbose, deep, given = false }: FindingsOptions,
): readonly string[] {
  const spoken = new Set([...(given ? WHEN_GIVEN : []), ...(deep ? DEEP : ALWAYS)]);
  const isWorthALine = ({ status, code, details }: Finding): boolean =>
    status !== "ok" || spoken.has(code) || (code === "P01" && details.length > 0);
  return [
    ...findings
      .filter((finding) => standsAlone(finding, findings))
      .filter((finding) => verbose || (finding.status !== "skip" && isWorthALine(finding)))
      .flatMap((finding) =>
        drawFinding(finding, theme, {
          all: findings,
          withCode: verbose,
          withDetails: verbose || WITH_EVIDENCE.has(finding.code),
          withSide: false,
        }),
      ),
    ...drawHint(findings, theme),
  ];
}
