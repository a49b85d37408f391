import { error, notice, warning } from "@actions/core";
import { array, assert, constant, oneof, property } from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { withoutCommands, workflowCommand } from "../../../src/report/github/command.ts";
import { renderGithub } from "../../../src/report/github/render.ts";
import { renderText } from "../../../src/report/text/report.ts";
import { plainTheme } from "../../../src/report/theme.ts";
import {
  checkReportOf,
  healthyReport,
  interruptedReport,
  TROUBLED_FINDINGS,
  troubledReport,
  untoldReport,
} from "../../support/check-reports.ts";
import { commandsIn } from "../../support/github-runner.ts";
import { hostileReport, hostileText } from "../../support/hostile-reports.ts";
import { pubSnapshot } from "../../support/snapshots.ts";

describe("-o github", () => {
  test.each([
    ["healthy", healthyReport],
    ["troubled", troubledReport],
    ["untold", untoldReport],
  ])("of a %s cluster is exactly this", async (name, report) => {
    await expect(renderGithub(report)).toMatchFileSnapshot(`golden/${name}.github.txt`);
  });

  test.each([
    ["error", error],
    ["warning", warning],
    ["notice", notice],
  ] as const)("an annotation of kind %s is what GitHub's own toolkit writes", (kind, write) => {
    const written: string[] = [];
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    const title = "N01: 50 %, or less";
    write("100 % sure: one, two\nthree", { title });
    spy.mockRestore();
    const ours = workflowCommand(kind, title, ["100 % sure: one, two", "three"]);
    expect(`${ours}\n`).toBe(written.join("").trimStart());
  });

  test("the worst come first, since GitHub shows ten of a kind", () => {
    const names = commandsIn(renderGithub(troubledReport)).map(({ name }) => name);
    expect(names).toEqual(["error", "error", "error", "warning", "notice", "notice", "notice"]);
  });

  test("a symptom has no annotation of its own; its cause tells of it", () => {
    const commands = commandsIn(renderGithub(troubledReport));
    expect(commands.some(({ properties }) => properties["title"]?.startsWith("P01"))).toBe(false);
    expect(commands[0]?.data).toContain("explains P01 (map: 52.79.39.107 leads to nobody)");
  });

  test("a warning is an error where the gate fails on it", () => {
    const strict = checkReportOf(pubSnapshot(), {
      findings: TROUBLED_FINDINGS,
      gate: { failOn: "warn" },
    });
    const levels = commandsIn(renderGithub(strict)).map(({ name, properties }) => [
      properties["title"]?.slice(0, 3),
      name,
    ]);
    expect(levels).toContainEqual(["T02", "error"]);
    expect(levels).toContainEqual(["A03", "notice"]);
  });

  test("an interrupted run is an error, however little it saw", () => {
    expect(commandsIn(renderGithub(interruptedReport))[0]).toMatchObject({
      name: "error",
      properties: { title: "interrupted · gonz-eks-pub" },
    });
  });

  test("hostile words start no command: each line is one annotation of ours", () => {
    assert(
      property(hostileReport, (report) => {
        const text = renderGithub(report);
        const commands = commandsIn(text);
        expect(commands).toHaveLength(text.trimEnd().split("\n").length);
        expect(commands.every(({ name }) => ["error", "warning", "notice"].includes(name))).toBe(
          true,
        );
        expect(commands.every(({ properties }) => Object.keys(properties).join() === "title")).toBe(
          true,
        );
      }),
    );
  });
});

describe("text in a log of GitHub Actions", () => {
  test("does start commands as it is: a wrapped line may begin with a hostile word", () => {
    expect(commandsIn("ok\n      ::error::owned")).toHaveLength(1);
    expect(commandsIn("ok ##[error]owned")).toHaveLength(1);
  });

  test("starts none when it is written without them", () => {
    const lines = array(oneof(hostileText, constant("\u001b[31m  ::error::x"))).map((all) =>
      all.join("\n"),
    );
    assert(
      property(lines, (text) => {
        expect(commandsIn(withoutCommands(text))).toEqual([]);
      }),
    );
  });

  test("is otherwise untouched", () => {
    const text = renderText(
      troubledReport,
      { wide: true, verbose: true, quiet: false },
      plainTheme(),
    );
    expect(withoutCommands(text)).toBe(text);
    expect(withoutCommands("[2001:db8::1]:443 a::b")).toBe("[2001:db8::1]:443 a::b");
  });
});
