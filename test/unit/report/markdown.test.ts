import { assert, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { codeBlock, escapeMarkdown, table } from "../../../src/report/markdown/escape.ts";
import { renderMarkdown } from "../../../src/report/markdown/render.ts";
import { oneLine } from "../../../src/report/one-line.ts";
import {
  healthyReport,
  REPORTS,
  troubledReport,
  untoldReport,
} from "../../support/check-reports.ts";
import { cellsOf, elementsOf, toHtml } from "../../support/gfm.ts";
import { hostileReport, hostileText } from "../../support/hostile-reports.ts";

/** Everything that the report is made of; a link, an image or another tag would be someone else's. */
const OURS: ReadonlySet<string> = new Set(
  "h2 h3 p strong em ul li pre code table thead tbody tr th td".split(" "),
);

function foreign(markdown: string): readonly string[] {
  return [...elementsOf(toHtml(markdown))].filter((name) => !OURS.has(name));
}

describe("-o markdown", () => {
  test.each([
    ["healthy", healthyReport],
    ["troubled", troubledReport],
    ["untold", untoldReport],
  ])("of a %s cluster is exactly this", async (name, report) => {
    await expect(renderMarkdown(report)).toMatchFileSnapshot(`golden/${name}.md`);
  });

  test.each(REPORTS)(
    "of a report %s is tables, headings, lists and code, as GitHub reads it",
    (_name, report) => {
      const html = toHtml(renderMarkdown(report));
      expect(foreign(renderMarkdown(report))).toEqual([]);
      const [, ...checks] = cellsOf(html).filter((row) => row.length === 4);
      const codes = checks.map(([, check]) => check?.slice(0, 3));
      const said = report.findings.filter(({ status }) => status !== "skip");
      expect(codes.slice(0, said.length)).toEqual(said.map(({ code }) => code));
    },
  );

  test("what counts has its next step as a command to be copied; what does not count has none", () => {
    const text = renderMarkdown(troubledReport);
    expect(text).toContain("### ✗ N01 paths: 1 of 4 paths failed\n");
    expect(text).toContain("```sh\naws eks describe-cluster --name gonz-eks-pub ");
    expect(text).not.toContain("### ✗ P01");
    expect(text).not.toContain("### ! A03");
  });

  test("escaped text is shown as it was written, in a cell and in a line", () => {
    assert(
      property(hostileText, (text) => {
        const shown = oneLine(text).trim();
        const [, [cell, fixed] = []] = cellsOf(
          toHtml(table(["a", "b"], [[text, "fixed"]]).join("\n")),
        );
        expect({ cell, fixed }).toEqual({ cell: shown, fixed: "fixed" });
        expect(foreign(`## x ${escapeMarkdown(text)}`)).toEqual([]);
        expect(foreign(`- ${escapeMarkdown(text)}`)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("unescaped, the same words do make tags and links: the parser sees them", () => {
    expect(foreign("a <u>b</u>")).toEqual(["u"]);
    expect(foreign("https://evil.example")).toEqual(["a"]);
    expect(foreign("a ~~no~~")).toEqual(["del"]);
  });

  test("a command cannot end its block", () => {
    const html = toHtml(codeBlock("x ``` y\n```\n# z").join("\n"));
    expect([...elementsOf(html)]).toEqual(["pre", "code"]);
  });

  test("hostile words bring in no element and no cell", () => {
    assert(
      property(hostileReport, (report) => {
        const markdown = renderMarkdown(report);
        expect(foreign(markdown)).toEqual([]);
        expect(new Set(cellsOf(toHtml(markdown)).map((row) => row.length))).toEqual(
          new Set([4, 7]),
        );
      }),
    );
  });
});
