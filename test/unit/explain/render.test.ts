import { describe, expect, test } from "vitest";
import type { ExplainedCheck } from "../../../src/explain/explanation.ts";
import { explainAll, explainCheck } from "../../../src/explain/table.ts";
import { explainedMarkdown, failuresDocument } from "../../../src/report/explain-markdown.ts";
import { renderExplained, renderExplainList } from "../../../src/report/explain-text.ts";
import { plainTheme } from "../../../src/report/theme.ts";

const MADE_UP: ExplainedCheck = {
  code: "A09",
  layer: "A",
  topic: "mapping",
  title: "somebody is somebody",
  means: "One sentence that is long enough to be broken where the terminal ends. And another one.",
  found: "By looking at aws_auth <and> [more].",
  fix: [
    "aws --version   # what is there",
    "Do it by hand, and do it in a way that takes a line more.",
  ],
  sources: ["a manual", "an issue"],
  rows: [7],
  failures: [{ number: 7, area: "DNS", symptom: "nothing | nobody" }],
};

test("an explanation on the terminal, broken where it ends", () => {
  expect(renderExplained([MADE_UP], plainTheme(60))).toBe(`A09 · mapping · auth
asserts: somebody is somebody

what it means
  One sentence that is long enough to be broken where the
  terminal ends. And another one.

how it is found
  By looking at aws_auth <and> [more].

what to do
  → aws --version
    # what is there
  - Do it by hand, and do it in a way that takes a line
    more.

failures it names
   7  nothing | nobody

sources
  - a manual
  - an issue
`);
});

test("the same as Markdown, in which nothing of it is taken for markup", () => {
  expect(explainedMarkdown([MADE_UP])).toBe(`### A09 mapping

Asserts: somebody is somebody.

One sentence that is long enough to be broken where the terminal ends. And another one.

**How it is found.** By looking at aws\\_auth \\<and\\> \\[more\\].

**What to do.**

- \`aws --version\`: what is there
- Do it by hand, and do it in a way that takes a line more.

**Failures it names.**

- 7: nothing | nobody

Sources: a manual; an issue.
`);
});

test("the table of failures names the codes, and says where there is none", () => {
  const document = failuresDocument(
    [
      { number: 7, area: "DNS", symptom: "nothing | nobody" },
      { number: 8, area: "DNS", symptom: "silence" },
    ],
    [MADE_UP],
    [{ number: 8, why: "It is elsewhere.", look: ["ls   # there"] }],
  );
  expect(document).toContain("| 7 | DNS | nothing \\| nobody | A09 |\n");
  expect(document).toContain("| 8 | DNS | silence | [not from outside](#not-from-outside) |\n");
  expect(document).toContain("**8: silence.** It is elsewhere.\n\n- `ls`: there\n");
});

/** A command stays whole, to be copied. */
const isCommand = (line: string): boolean => line.startsWith("  → ");

describe.each([80, 100])("in %i columns", (width) => {
  test.each(explainAll().map(({ code }) => code))("%s has no longer line but commands", (code) => {
    const lines = renderExplained([explainCheck(code)], plainTheme(width)).split("\n");
    expect(lines.filter((line) => line.length > width && !isCommand(line))).toEqual([]);
  });

  test("neither has the list", () => {
    const lines = renderExplainList(explainAll(), plainTheme(width)).split("\n");
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });
});

test("where the terminal is not UTF-8 it is ASCII, line by line the same", () => {
  const all = explainAll();
  const [rich, poor] = [true, false].map((unicode) =>
    renderExplained(all, plainTheme(80, unicode)),
  );
  expect(poor).toMatch(/^[\n -~]+$/);
  expect(poor?.split("\n").length).toBe(rich?.split("\n").length);
  expect(renderExplainList(all, plainTheme(80, false))).toMatch(/^[\n -~]+$/);
});
