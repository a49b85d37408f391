import { EXPLAINED_LAYERS, type ExplainedCheck } from "../explain/explanation.ts";
import { toAscii } from "./ascii.ts";
import type { Theme } from "./theme.ts";
import { wrap } from "./words.ts";

const INDENT = "  ";

/** Everything about each of the checks, one after another. */
export function renderExplained(checks: readonly ExplainedCheck[], theme: Theme): string {
  return finish(
    checks.flatMap((check, index) => [...(index === 0 ? [] : ["", ""]), ...explain(check, theme)]),
    theme,
  );
}

function explain(check: ExplainedCheck, theme: Theme): readonly string[] {
  const { code, topic, layer, title, means, found, fix, sources, failures } = check;
  const part = (heading: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ["", theme.bold(heading), ...lines];
  return [
    `${theme.bold(code)} · ${topic} · ${EXPLAINED_LAYERS[layer]}`,
    ...hang(title, "asserts: ", theme),
    ...part("what it means", hang(means, INDENT, theme)),
    ...part("how it is found", hang(found, INDENT, theme)),
    ...part(
      "what to do",
      fix.flatMap((step) => drawStep(step, theme)),
    ),
    ...part(
      "failures it names",
      failures.flatMap(({ number, symptom }) =>
        hang(symptom, `${INDENT}${String(number).padStart(2)}  `, theme),
      ),
    ),
    ...part(
      "sources",
      sources.flatMap((source) => hang(source, `${INDENT}- `, theme)),
    ),
  ];
}

/** A command stays whole, to be copied; what it is for goes below it. */
function drawStep(step: string, theme: Theme): readonly string[] {
  const [command = "", why] = step.split("   # ");
  if (why === undefined) return hang(step, `${INDENT}- `, theme);
  return [
    `${INDENT}${theme.accent("→")} ${command}`,
    ...hang(why, `${INDENT}  # `, theme).map((line) => theme.dim(line)),
  ];
}

/** Wrapped, with what stands before the first line, and as much space before the others. */
function hang(text: string, before: string, { width }: Theme): readonly string[] {
  const rest = " ".repeat(before.length);
  return wrap(text, width - before.length).map((line, index) =>
    index === 0 ? before + line : rest + line,
  );
}

/** One line for each check, by layer. */
export function renderExplainList(checks: readonly ExplainedCheck[], theme: Theme): string {
  const topicWidth = Math.max(...checks.map(({ topic }) => topic.length));
  const layers = [...new Set(checks.map(({ layer }) => layer))];
  return finish(
    [
      ...layers.flatMap((layer) => [
        theme.bold(EXPLAINED_LAYERS[layer]),
        ...checks
          .filter((check) => check.layer === layer)
          .flatMap(({ code, topic, title }) =>
            hang(title, `${INDENT}${code}  ${topic.padEnd(topicWidth)}  `, theme),
          ),
        "",
      ]),
      ...wrap(
        "eks-probe explain CODE says what one means, how it is found and what to do about it",
        theme.width,
      ),
    ],
    theme,
  );
}

function finish(lines: readonly string[], theme: Theme): string {
  const text = `${lines.join("\n")}\n`;
  return theme.unicode ? text : toAscii(text);
}
