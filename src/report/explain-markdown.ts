import {
  EXPLAINED_LAYERS,
  type ExplainedCheck,
  type KnownFailure,
  type OutsideFailure,
} from "../explain/explanation.ts";

/** A section for each of the checks, as in docs/checks.md. */
export function explainedMarkdown(checks: readonly ExplainedCheck[]): string {
  return `${checks.map(section).join("\n\n")}\n`;
}

function section({
  code,
  topic,
  title,
  means,
  found,
  fix,
  sources,
  failures,
}: ExplainedCheck): string {
  return [
    `### ${code} ${topic}`,
    `Asserts: ${escape(title)}.`,
    escape(means),
    `**How it is found.** ${escape(found)}`,
    `**What to do.**\n\n${fix.map((step) => `- ${stepOf(step)}`).join("\n")}`,
    ...(failures.length === 0
      ? []
      : [
          `**Failures it names.**\n\n${failures.map(({ number, symptom }) => `- ${number}: ${escape(symptom)}`).join("\n")}`,
        ]),
    `Sources: ${sources.map(escape).join("; ")}.`,
  ].join("\n\n");
}

function stepOf(step: string): string {
  const [command = "", why] = step.split("   # ");
  return why === undefined ? escape(step) : `\`${command}\`: ${escape(why)}`;
}

/** The whole of docs/checks.md. */
export function checksDocument(checks: readonly ExplainedCheck[]): string {
  const layers = [...new Set(checks.map(({ layer }) => layer))];
  return [
    "# The checks",
    "What `eks-probe explain CODE` prints, for every check. Codes go by layer, in the order in which traffic meets it, and are never reused; those of a worker (W) are told by `eks-probe node`. Written from the code by `npm run docs`.",
    ...layers.map((layer) => {
      const name = EXPLAINED_LAYERS[layer];
      const own = checks.filter((check) => check.layer === layer);
      return `## ${name.charAt(0).toUpperCase()}${name.slice(1)}\n\n${explainedMarkdown(own).trimEnd()}`;
    }),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

/** The whole of docs/failures.md. */
export function failuresDocument(
  failures: readonly KnownFailure[],
  checks: readonly ExplainedCheck[],
  outside: readonly OutsideFailure[],
): string {
  const rows = failures.map(({ number, area, symptom }) => {
    const codes = checks.filter((check) => check.rows.includes(number)).map(({ code }) => code);
    const open = outside.some((one) => one.number === number);
    const named = [...codes, ...(open ? ["[not from outside](#not-from-outside)"] : [])].join(", ");
    return `| ${number} | ${area} | ${escape(symptom).replaceAll("|", "\\|")} | ${named} |`;
  });
  return [
    "# The failures",
    "Fifty ways in which people lose their cluster's endpoint, collected from issue threads and manuals, by what is seen first; and the checks that name them. Codes that begin with W are told on the worker, by `eks-probe node`; the others by `eks-probe check`. Written from the code by `npm run docs`.",
    ["| | area | what is seen | named by |", "| --- | --- | --- | --- |", ...rows].join("\n"),
    "## Not from outside",
    ...outside.map((one) => outsideSection(one, failures)),
  ]
    .join("\n\n")
    .concat("\n");
}

function outsideSection(
  { number, why, look }: OutsideFailure,
  failures: readonly KnownFailure[],
): string {
  const symptom = failures.find((failure) => failure.number === number)?.symptom ?? "";
  return [
    `**${number}: ${escape(symptom)}.** ${escape(why)}`,
    look.map((step) => `- ${stepOf(step)}`).join("\n"),
  ].join("\n\n");
}

/** What Markdown would take for markup: names with underscores and stars, tags. */
function escape(text: string): string {
  return text.replaceAll(/[*_<>`[\]]/g, (character) => `\\${character}`);
}
