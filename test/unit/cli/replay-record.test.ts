import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runProgram } from "../../../src/cli/program.ts";
import type { RecordLine, RecordRound } from "../../../src/model/watch/record.ts";
import { VERSION } from "../../../src/version.ts";
import { encodeLine } from "../../../src/watch/record/encode.ts";
import { NOTHING_SEEN, track } from "../../../src/watch/track/track.ts";
import { memoryIo } from "../../support/memory-io.ts";
import { savedText } from "../../support/saved-runs.ts";
import { pubSnapshot } from "../../support/snapshots.ts";
import { HEADER, typicalRound } from "../../support/typical-rounds.ts";

const home = mkdtempSync(join(tmpdir(), "eks-probe-replay-unit-"));
afterAll(() => rmSync(home, { recursive: true }));

const DEAD = "10.0.20.41:443";

/** The same round, with one address that does not answer. */
function withDeadPath(round: RecordRound): RecordRound {
  const failure = {
    code: "tcp-timeout",
    phase: "tcp",
    side: "network",
    message: "no answer to the connection attempt",
  } as const;
  const probes = round.sample.probes.map((probe) =>
    probe.address === DEAD
      ? {
          ...probe,
          status: undefined,
          failure,
          server: undefined,
          fingerprint: undefined,
          notBefore: undefined,
          notAfter: undefined,
        }
      : probe,
  );
  const kept = round.sample.kept.filter(({ address }) => address !== DEAD);
  return { ...round, sample: { ...round.sample, probes, kept } };
}

/** Ten rounds; a path is down from the fourth to the seventh. */
const ROUNDS: readonly RecordRound[] = Array.from({ length: 10 }, (_, index) => {
  const round = typicalRound(index + 1);
  return index >= 3 && index < 7 ? withDeadPath(round) : round;
});

/** As a watch would have written them. */
function watched(rounds: readonly RecordRound[]): readonly RecordLine[] {
  let state = NOTHING_SEEN;
  const lines = rounds.map((round): RecordLine => {
    const tracked = track(state, round.sample, HEADER.intervalMs);
    state = tracked.state;
    return { ...round, events: tracked.events };
  });
  return [HEADER, ...lines];
}

const END: RecordLine = {
  kind: "end",
  at: "2023-04-21T15:44:00.000Z",
  end: "time",
  load: undefined,
};

const RUN: RecordLine = {
  kind: "run",
  at: HEADER.startedAt,
  run: JSON.parse(savedText(pubSnapshot())),
};

let files = 0;

function saved(text: string): string {
  files += 1;
  const file = join(home, `${files}.jsonl`);
  writeFileSync(file, text);
  return file;
}

function record(lines: readonly RecordLine[]): string {
  return lines.map(encodeLine).join("");
}

async function replay(
  path: string,
  args: readonly string[] = [],
  io: ReturnType<typeof memoryIo> = memoryIo(),
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const code = await runProgram(["replay", path, ...args], VERSION, io);
  return { code, out: io.out(), err: io.err() };
}

function objects(ndjson: string): readonly Readonly<Record<string, unknown>>[] {
  return ndjson
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const WHOLE = record([...watched(ROUNDS), END]);

describe("a record that is replayed", () => {
  test("tells its events in their order, and what it came to", async () => {
    const { code, out, err } = await replay(saved(WHOLE));
    expect([code, err]).toEqual([0, ""]);
    const down = out.indexOf("is down");
    const up = out.indexOf("is up again");
    expect(down).toBeGreaterThan(0);
    expect(up).toBeGreaterThan(down);
    expect(out).toContain("gonz-eks-pub");
  });

  test("is told by its summary alone with -q", async () => {
    const file = saved(WHOLE);
    const [whole, quiet] = [await replay(file), await replay(file, ["-q"])];
    expect(quiet.code).toBe(0);
    expect(quiet.out.length).toBeGreaterThan(0);
    expect(whole.out.endsWith(quiet.out)).toBe(true);
    expect(whole.out.length).toBeGreaterThan(quiet.out.length);
  });

  test("has as ndjson a start, each event and a summary, one a line", async () => {
    const { code, out } = await replay(saved(WHOLE), ["-o", "ndjson"]);
    expect(code).toBe(0);
    const all = objects(out);
    const types = all.map(({ type }) => type);
    expect(types).toEqual(["start", ...types.slice(1, -1).map(() => "event"), "summary"]);
    const recorded = watched(ROUNDS).flatMap((line) => (line.kind === "round" ? line.events : []));
    expect(recorded.length).toBeGreaterThan(0);
    expect(all.slice(1, -1).map((event) => event["kind"])).toEqual(
      recorded.map(({ kind }) => kind),
    );
    expect(all.at(-1)).toMatchObject({ end: "time" });
  });

  test("has the same story as one JSON document and as Markdown", async () => {
    const file = saved(WHOLE);
    const json = await replay(file, ["-o", "json"]);
    expect([json.code, JSON.parse(json.out)]).toEqual([0, expect.any(Object)]);
    expect(json.out).toContain("path-down");
    const markdown = await replay(file, ["-o", "markdown"]);
    expect([markdown.code, markdown.err]).toEqual([0, ""]);
    expect(markdown.out).toContain(DEAD.split(":")[0]);
  });

  test("by stdin is the same as from its file", async () => {
    async function* piped(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < WHOLE.length; at += 1_000)
        yield Buffer.from(WHOLE.slice(at, at + 1_000));
    }
    const io = { ...memoryIo(), stdin: piped() };
    expect(await replay("-", [], io)).toEqual(await replay(saved(WHOLE)));
  });

  test("that was cut short says so in its summary, and its torn line costs nothing else", async () => {
    const whole = record(watched(ROUNDS));
    const torn = `${whole}${encodeLine(typicalRound(11)).slice(0, 90)}`;
    const [ends, cut] = [
      await replay(saved(whole), ["-o", "ndjson"]),
      await replay(saved(torn), ["-o", "ndjson"]),
    ];
    expect([ends.code, cut.code]).toEqual([0, 0]);
    expect(objects(ends.out).at(-1)).toMatchObject({ type: "summary", end: "record-ends" });
    expect(cut.out).toBe(ends.out);
  });

  test("without a round has a start, and no summary that was made up", async () => {
    const { code, out } = await replay(saved(record([HEADER])), ["-o", "ndjson"]);
    expect([code, objects(out).map(({ type }) => type)]).toEqual([0, ["start"]]);
    expect((await replay(saved(record([HEADER])))).code).toBe(0);
  });

  test("says nothing in the log of a job that would be taken for a command", async () => {
    const [first, ...rest] = watched(ROUNDS);
    const evil = rest.map((line): RecordLine => {
      if (line.kind !== "round") return line;
      const events = line.events.map((event) => ({ ...event, evidence: ["::error::owned"] }));
      return { ...line, events };
    });
    if (first === undefined) throw new Error("no header");
    const io = memoryIo({ GITHUB_ACTIONS: "true" });
    const { out } = await replay(saved(record([first, ...evil])), ["-v", "-o", "text"], io);
    expect(out).toContain("owned");
    expect(out.split("\n").filter((line) => line.trimStart().startsWith("::"))).toEqual([]);
  });

  test("shows its latest whole run in the formats of a run, which a gate reads", async () => {
    const lines = watched(ROUNDS);
    const { code, out } = await replay(
      saved(record([...lines.slice(0, 1), RUN, ...lines.slice(1)])),
      ["-o", "junit"],
    );
    expect(code).toBe(0);
    expect(out).toContain('<testsuite name="gonz-eks-pub"');
  });

  test("without a whole run is a usage error for those formats, that names one it has", async () => {
    const file = saved(WHOLE);
    const { code, out, err } = await replay(file, ["-o", "junit"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe(
      `eks-probe: ${JSON.stringify(file)} is a record without a whole run; -o text shows what it has\n`,
    );
  });
});

describe("what is no record", () => {
  test.each([
    ["an empty file", "", "is empty"],
    [
      "a record whose line is wrong in the midst",
      `${record([HEADER])}{"kind":"round"}\n${record([END])}`,
      "line 2",
    ],
    ["rounds without the header that says whose they are", encodeLine(typicalRound(1)), "header"],
    ["what a watch printed", `{"type":"start"}\n{"type":"event"}\n`, "watch --record"],
    ["a text", "hello\n", "is not JSON"],
  ])("%s is a usage error of one line with the file's name", async (_, text, problem) => {
    const file = saved(text);
    const { code, out, err } = await replay(file);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^eks-probe: "[^\n]+\n$/);
    expect(err).toContain(problem);
  });

  test("a file that is not there is one, too", async () => {
    const { code, err } = await replay(join(home, "absent.jsonl"));
    expect(code).toBe(2);
    expect(err).toContain("is not there");
  });

  test("more on stdin than could be held is given up", async () => {
    let parts = 0;
    async function* flood(): AsyncGenerator<Uint8Array> {
      // The same buffer each time: what is counted is what came.
      const part = Buffer.alloc(64 * 1024 * 1024, "x");
      for (;;) {
        parts += 1;
        yield part;
      }
    }
    const io = { ...memoryIo(), stdin: flood() };
    const { code, err } = await replay("-", [], io);
    expect([code, parts]).toEqual([2, 5]);
    expect(err).toBe("eks-probe: stdin has more than 268435456 bytes\n");
  });
});
