import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CHECKS } from "../../src/checks/table.ts";
import { COMMANDS } from "../../src/cli/commands/table.ts";
import type { OptionSpec } from "../../src/cli/options/spec.ts";
import { ENDPOINTS_OPTIONS } from "../../src/cli/options/tables.ts";

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

const BLOCKS = {
  "options:endpoints": table(["option", "twin", "meaning"], optionRows(ENDPOINTS_OPTIONS)),
  checks: table(
    ["code", "topic", "asserts that"],
    Object.entries(CHECKS).map(([code, { topic, title }]) => [code, topic, title]),
  ),
} as const;

function fill(readme: string, name: string, content: string): string {
  const [from, to] = [`<!-- ${name} -->\n`, `<!-- /${name.split(":")[0] ?? name} -->`];
  const start = readme.indexOf(from) + from.length;
  const end = readme.indexOf(to, start);
  expect(start, `README has a block ${name}`).toBeGreaterThan(from.length);
  expect(end, `README's block ${name} ends`).toBeGreaterThan(0);
  return `${readme.slice(0, start)}${content}\n${readme.slice(end)}`;
}

describe("the README", () => {
  test("has the tables that the code has; npm run docs writes them", () => {
    const readme = readFileSync(README, "utf8");
    let filled = readme;
    for (const [name, content] of Object.entries(BLOCKS)) filled = fill(filled, name, content);
    const isToBeWritten = process.env["UPDATE_DOCS"] === "1";
    if (isToBeWritten) writeFileSync(README, filled);
    expect(isToBeWritten ? readFileSync(README, "utf8") : readme).toBe(filled);
  });

  test("names every command", () => {
    const readme = readFileSync(README, "utf8");
    for (const { name } of COMMANDS) expect(readme).toContain(`| \`${name}\` |`);
  });
});
