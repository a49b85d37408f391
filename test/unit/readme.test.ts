import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands/table.ts";
import type { OptionSpec } from "../../src/cli/options/spec.ts";
import { CHECK_OPTIONS } from "../../src/cli/options/tables/check.ts";
import { ENDPOINTS_OPTIONS } from "../../src/cli/options/tables/endpoints.ts";
import { KNOWN_FAILURES } from "../../src/explain/failures.ts";
import { OUTSIDE_FAILURES } from "../../src/explain/outside.ts";
import { explainAll } from "../../src/explain/table.ts";
import { checksDocument, failuresDocument } from "../../src/report/explain-markdown.ts";

const README = new URL("../../README.md", import.meta.url);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function optionRows(specs: readonly OptionSpec[]): readonly (readonly string[])[] {
  return specs.map(({ flags, env, help }) => [
    `\`${flags.replaceAll("|", "\\|")}\``,
    `\`${env}\``,
    help,
  ]);
}

/** What `check` has beyond the options of `endpoints`. */
const ONLY_CHECK = CHECK_OPTIONS.filter(
  ({ flags }) => !ENDPOINTS_OPTIONS.some((other) => other.flags === flags),
);

const BLOCKS = {
  "options:endpoints": table(["option", "twin", "meaning"], optionRows(ENDPOINTS_OPTIONS)),
  "options:check": table(["option", "twin", "meaning"], optionRows(ONLY_CHECK)),
} as const;

function fill(readme: string, name: string, content: string): string {
  const [from, to] = [`<!-- ${name} -->\n`, `<!-- /${name.split(":")[0] ?? name} -->`];
  const start = readme.indexOf(from) + from.length;
  const end = readme.indexOf(to, start);
  expect(start, `README has a block ${name}`).toBeGreaterThan(from.length);
  expect(end, `README's block ${name} ends`).toBeGreaterThan(0);
  return `${readme.slice(0, start)}${content}\n${readme.slice(end)}`;
}

/** What the file holds; with `npm run docs` it is given the text before. */
function contentOf(file: URL, text: string): string {
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, text);
  return readFileSync(file, "utf8");
}

describe("the README", () => {
  test("has the tables that the code has; npm run docs writes them", () => {
    const readme = readFileSync(README, "utf8");
    let filled = readme;
    for (const [name, content] of Object.entries(BLOCKS)) filled = fill(filled, name, content);
    expect(contentOf(README, filled)).toBe(filled);
  });

  test("names every command", () => {
    const readme = readFileSync(README, "utf8");
    for (const { name } of COMMANDS)
      expect(readme).toMatch(new RegExp(`\\| \`${name}(?: [A-Z]+)?\` \\|`));
  });
});

describe("docs/, which npm run docs writes", () => {
  const checks = explainAll();
  const docs: Readonly<Record<string, string>> = {
    "checks.md": checksDocument(checks),
    "failures.md": failuresDocument(KNOWN_FAILURES, checks, OUTSIDE_FAILURES),
  };

  test.each(Object.entries(docs))("%s says what the code says", (name, text) => {
    expect(contentOf(new URL(`../../docs/${name}`, import.meta.url), text)).toBe(text);
  });

  test("checks.md has every check, and failures.md every failure, once", () => {
    for (const { code, topic } of checks)
      expect(docs["checks.md"]?.split(`### ${code} ${topic}\n`)).toHaveLength(2);
    for (const { number } of KNOWN_FAILURES)
      expect(docs["failures.md"]?.split(`\n| ${number} |`)).toHaveLength(2);
  });
});
