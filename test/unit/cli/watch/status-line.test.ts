import { describe, expect, test } from "vitest";
import type { Io } from "../../../../src/cli/io.ts";
import type { Environment } from "../../../../src/cli/options/read.ts";
import { startStatusLine } from "../../../../src/cli/watch/status-line.ts";

const CLEAR = "\r\u001b[K";

/** stdout and stderr of one terminal, in the order in which they are written to. */
function terminal(columns: number | undefined, environment: Environment = {}) {
  const written: string[] = [];
  let width = columns;
  const output = (name: string): Io["stdout"] => ({
    write: (text) => written.push(`${name}: ${text}`),
    isTerminal: columns !== undefined,
    get columns() {
      return width;
    },
  });
  const io: Io = {
    environment,
    stdout: output("out"),
    stderr: output("err"),
    signal: new AbortController().signal,
  };
  const resize = (to: number): void => {
    width = to;
  };
  return { io, written, resize };
}

describe("the status line", () => {
  test("is redrawn in place, one column narrower than the terminal", () => {
    const { io, written } = terminal(80);
    const line = startStatusLine(io, false);
    let n = 0;
    line.show((width) => `${(n += 1)} of ${width}`);
    line.redraw();
    expect(written).toEqual([`err: ${CLEAR}1 of 79`, `err: ${CLEAR}2 of 79`]);
  });

  test("is out of the way while something is written, and there again after it", () => {
    const { io, written } = terminal(80);
    const line = startStatusLine(io, false);
    line.show(() => "status");
    line.above(() => io.stdout.write("event\n"));
    expect(written.slice(1)).toEqual([`err: ${CLEAR}`, "out: event\n", `err: ${CLEAR}status`]);
  });

  test("has the width that the terminal has by then", () => {
    const { io, written, resize } = terminal(80);
    const line = startStatusLine(io, false);
    line.show((width) => "x".repeat(width));
    resize(40);
    line.redraw();
    expect(written.at(-1)).toBe(`err: ${CLEAR}${"x".repeat(39)}`);
  });

  test("is gone after its end, and does not come back", () => {
    const { io, written } = terminal(80);
    const line = startStatusLine(io, false);
    line.show(() => "status");
    line.stop();
    line.redraw();
    line.above(() => io.stdout.write("event\n"));
    line.stop();
    expect(written.slice(1)).toEqual([`err: ${CLEAR}`, "out: event\n"]);
  });

  test.each([
    ["stderr is no terminal", undefined, {}, false],
    ["nobody watches in CI", 80, { CI: "true" }, false],
    ["the terminal cannot move its cursor", 80, { TERM: "dumb" }, false],
    ["nobody wants it", 80, {}, true],
  ])(
    "is not there when %s, and what is written is written all the same",
    (_why, columns, environment, quiet) => {
      const { io, written } = terminal(columns, environment);
      const line = startStatusLine(io, quiet);
      line.show(() => "status");
      line.redraw();
      line.above(() => io.stdout.write("event\n"));
      line.stop();
      expect(written).toEqual(["out: event\n"]);
    },
  );
});
