import { oneLine } from "../one-line.ts";

/**
 * A workflow command of GitHub Actions, escaped as the runner unescapes it (actions/runner,
 * ActionCommand; actions/toolkit, command.ts): a line break would start a command of its own.
 */
export function workflowCommand(
  name: "error" | "warning" | "notice",
  title: string,
  lines: readonly string[],
): string {
  return `::${name} title=${escapeProperty(title)}::${lines.map(escapeData).join("%0A")}`;
}

function escapeData(text: string): string {
  return oneLine(text).replaceAll("%", "%25");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/**
 * Output for people, safe in a log that the runner reads commands from: it takes `::` at the start of
 * a line, blanks before it or not, and `##[` anywhere. A colour before it hides nothing.
 */
export function withoutCommands(text: string): string {
  return (
    text
      // oxlint-disable-next-line eslint/no-control-regex -- the escape sequences of colours
      .replaceAll(/^((?:\s|\u001b\[[0-9;]*m)*):(?=:)/gm, "$1: ")
      .replaceAll("##[", "## [")
  );
}
