import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UsageError, valueReader } from "../../../../src/cli/options/values.ts";
import {
  type EventCommand,
  readEventCommand,
  startEventCommand,
} from "../../../../src/cli/watch/event-command.ts";
import { eventTroubles } from "../../../../src/cli/watch/event-troubles.ts";
import { findProgram } from "../../../../src/cli/watch/find-program.ts";
import { splitCommand } from "../../../../src/cli/watch/split-command.ts";
import type { Clock } from "../../../../src/model/ports.ts";
import { fakeClock } from "../../../support/fake-deps.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eks-probe-on-event-"));
});

afterAll(() => rm(folder, { recursive: true }));

function words(text: string): readonly string[] | string {
  const split = splitCommand(text);
  return split.kind === "ok" ? split.value : split.problem;
}

describe("a command line", () => {
  test.each<[string, readonly string[]]>([
    ["notify", ["notify"]],
    ["  notify   now\tplease ", ["notify", "now", "please"]],
    ["notify 'a b' \"c d\"", ["notify", "a b", "c d"]],
    ["notify a'b c'd", ["notify", "ab cd"]],
    ["notify ''", ["notify", ""]],
    ["notify \"\" ''x", ["notify", "", "x"]],
    [String.raw`notify a\ b \"`, ["notify", "a b", '"']],
    [String.raw`notify "a \"b\" \\ \n"`, ["notify", String.raw`a "b" \ \n`]],
    [String.raw`notify 'a\'`, ["notify", "a\\"]],
    // What a shell would act on is plain text.
    [
      "notify $HOME `id` $(id) *.txt ~ | tee > x; rm &",
      ["notify", "$HOME", "`id`", "$(id)", "*.txt", "~", "|", "tee", ">", "x;", "rm", "&"],
    ],
  ])("%s is split into words, and nothing else is done to it", (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test.each([
    ["", "empty"],
    ["   ", "empty"],
    ["''", "empty"],
    ["notify 'a b", "a ' without its end"],
    ['notify "a b', 'a " without its end'],
    [String.raw`notify "a b\"`, 'a " without its end'],
    ["notify a\\", "ends with a backslash"],
    ["notify \0", "NUL"],
  ])("%j is refused, with what is wrong", (text, problem) => {
    expect(words(text)).toContain(problem);
  });

  test("whatever the words are, quoted they come back as they were", () => {
    const word = fc.string().filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (list) => {
        const quoted = list.map((text) => `'${text.replaceAll("'", String.raw`'\''`)}'`);
        expect(words(["x", ...quoted].join(" "))).toEqual(["x", ...list]);
      }),
    );
  });

  test("no text makes the splitter throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(["ok", "bad"]).toContain(splitCommand(text).kind);
      }),
    );
  });
});

describe("the program", () => {
  test("is found in PATH, before anything is watched", async () => {
    const file = join(folder, "in-path");
    await writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
    const found = await findProgram(["in-path", "a b"], { PATH: `/nonexistent:${folder}` });
    expect(found).toEqual({
      kind: "ok",
      value: { program: file, name: "in-path", args: ["a b"] },
    });
  });

  test.each<[string, () => Promise<string>, string]>([
    ["that is nowhere in PATH", async () => "no-such-program", "is in no folder of PATH"],
    ["whose path leads nowhere", async () => "./no-such/program", "is not there"],
    ["that is a folder", async () => folder, "is not a file"],
    [
      "that may not be run",
      async () => {
        const file = join(folder, "plain");
        await writeFile(file, "");
        await chmod(file, 0o644);
        return file;
      },
      "is not executable",
    ],
  ])("%s is a usage error that names it", async (_what, name, problem) => {
    const text = await name();
    const values = valueReader(
      new Map([["onEvent", { values: [text], name: "EKS_PROBE_ON_EVENT" }]]),
    );
    const reading = readEventCommand(values, "onEvent", { PATH: "/nonexistent" });
    await expect(reading).rejects.toThrow(UsageError);
    await expect(reading).rejects.toThrow(
      new RegExp(`EKS_PROBE_ON_EVENT: .*${problem}; name a program`),
    );
  });

  test("is not looked for where none is asked for", async () => {
    expect(await readEventCommand(valueReader(new Map()), "onEvent", {})).toBeUndefined();
  });
});

/** A command of one line of JavaScript; `input` is what it reads from its stdin. */
function script(code: string): readonly string[] {
  const read = "const input = require('fs').readFileSync(0, 'utf8');";
  return ["-e", `${read}${code}`];
}

interface Started extends EventCommand {
  readonly lines: readonly string[];
}

function start(
  args: readonly string[],
  {
    program = process.execPath,
    timeoutMs = 10_000,
    clock = fakeClock(),
    environment = process.env,
  }: {
    program?: string;
    timeoutMs?: number;
    clock?: Clock;
    environment?: Readonly<Record<string, string | undefined>>;
  } = {},
): Started {
  const lines: string[] = [];
  const command = startEventCommand(
    { program, name: program, args },
    { timeoutMs, environment, report: (line) => lines.push(line), clock },
  );
  return { ...command, lines };
}

describe("a command for events", () => {
  test("reads each event as one line on its stdin, one after the other and in their order", async () => {
    const file = join(folder, "order");
    const command = start(
      script(`
        const fs = require('fs');
        fs.appendFileSync(${JSON.stringify(file)}, 'start ' + input);
        setTimeout(() => fs.appendFileSync(${JSON.stringify(file)}, 'end ' + input), 20);
      `),
    );
    for (const n of [1, 2, 3]) command.push(`${n}\n`);
    await command.close();
    expect(await readFile(file, "utf8")).toBe("start 1\nend 1\nstart 2\nend 2\nstart 3\nend 3\n");
    expect(command.lines).toEqual([]);
  });

  test("gets its arguments as they are and our environment, and nothing of an event in either", async () => {
    const command = start(
      [
        ...script("console.log(JSON.stringify([process.argv.slice(1), process.env]))"),
        "$HOME",
        "*",
      ],
      { environment: { PLAIN: "1" } },
    );
    command.push("event\n");
    await command.close();
    expect(command.lines).toEqual(['on-event | [["$HOME","*"],{"PLAIN":"1"}]']);
  });

  test("may leave its stdin alone, however much is on it", async () => {
    const command = start(["-e", "process.exit(0)"]);
    command.push(`${"x".repeat(1_000_000)}\n`);
    await command.close();
    expect(command.lines).toEqual([]);
  });

  test("has its output on stderr, line by line, with a prefix, and without what a terminal would act on", async () => {
    const command = start(
      script(String.raw`
        process.stdout.write('one\r\ntwo \x1b[31mred\x1b[0m\n\nunfinished');
        process.stderr.write('wrong\n');
      `),
    );
    command.push("event\n");
    await command.close();
    expect(command.lines.toSorted()).toEqual([
      "on-event | ",
      "on-event | one",
      "on-event | two \uFFFDred\uFFFD",
      "on-event | unfinished",
      "on-event | wrong",
    ]);
  });

  test("that writes more than anybody reads is told once, and still comes to its end", async () => {
    const command = start(script("for (let n = 0; n < 200_000; n++) console.log('line ' + n)"));
    command.push("event\n");
    await command.close();
    expect(command.lines).toHaveLength(101);
    expect(command.lines.at(-1)).toBe("on-event | (what it wrote after 100 lines is dropped)");
  });

  test("that writes a line without an end is read to a bounded length", async () => {
    const command = start(script("process.stdout.write('x'.repeat(3_000_000))"));
    command.push("event\n");
    await command.close();
    expect(command.lines).toEqual([`on-event | ${"x".repeat(499)}…`]);
  });

  test.each([
    ["ends with an exit code", "process.exit(3)", "exit code 3"],
    ["is ended by a signal", "process.kill(process.pid, 'SIGKILL')", "ended by SIGKILL"],
  ])("that %s is told, and again in the end with its number", async (_what, code, why) => {
    const command = start(script(code));
    for (const n of [1, 2]) command.push(`${n}\n`);
    await command.close();
    expect(command.lines).toEqual([
      `eks-probe: --on-event: ${why}`,
      `eks-probe: --on-event: 2 events handed over; ${why}: 2`,
    ]);
  });

  test("whose program is gone by now is told, and the watch goes on", async () => {
    const command = start([], { program: join(folder, "gone") });
    command.push("event\n");
    await command.close();
    expect(command.lines[0]).toBe("eks-probe: --on-event: could not be started (ENOENT)");
  });

  test("gets the newest events when it is too slow for all: 100 wait, and the oldest is dropped", async () => {
    const command = start([], { program: "/bin/cat" });
    // The first one is under way from its push on.
    for (let n = 1; n <= 150; n += 1) command.push(`${n}\n`);
    await command.close();
    const read = command.lines.filter((line) => line.startsWith("on-event | "));
    expect(read).toEqual(
      [1, ...Array.from({ length: 100 }, (_, n) => n + 51)].map((n) => `on-event | ${n}`),
    );
    expect(command.lines.filter((line) => !line.startsWith("on-event | "))).toEqual([
      "eks-probe: --on-event: 100 events wait already; the oldest was dropped",
      "eks-probe: --on-event: 101 events handed over; dropped: 49",
    ]);
  });

  test("that takes too long is ended by SIGTERM, and the next event has its turn", async () => {
    const command = start(
      script("if (input === '1\\n') setInterval(() => {}, 1_000); else console.log('next')"),
      {
        timeoutMs: 1_500,
      },
    );
    for (const n of [1, 2]) command.push(`${n}\n`);
    await command.close();
    expect(command.lines).toEqual([
      "eks-probe: --on-event: not done within 1.5 s",
      "on-event | next",
      "eks-probe: --on-event: 2 events handed over; not done within 1.5 s: 1",
    ]);
  });

  test("that does not heed SIGTERM is killed, with all that it started", async () => {
    const command = start(
      script(`
        process.on('SIGTERM', () => console.log('no'));
        const { pid } = require('child_process').spawn('sleep', ['60']);
        console.log(pid);
        setInterval(() => {}, 1_000);
      `),
      { timeoutMs: 1_500 },
    );
    command.push("event\n");
    await command.close();
    expect(command.lines).toContain("on-event | no");
    expect(command.lines).toContain("eks-probe: --on-event: not done within 1.5 s");
    const pid = Number(/^on-event \| (\d+)$/.exec(command.lines[0] ?? "")?.[1]);
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test("is over when it ends, whatever it left in the background with its pipes open", async () => {
    const command = start(["-c", "sleep 60 & echo $!"], { program: "/bin/sh" });
    command.push("event\n");
    await command.close();
    expect(command.lines).toEqual([expect.stringMatching(/^on-event \| \d+$/)]);
    process.kill(Number(command.lines[0]?.slice("on-event | ".length)), "SIGKILL");
  });

  test("leads a process group of its own, so that Ctrl-C does not reach it in the midst of its work", async () => {
    const command = start(
      script(
        "console.log(process.pid, require('fs').readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[2])",
      ),
    );
    command.push("event\n");
    await command.close();
    expect(command.lines).toEqual([expect.stringMatching(/^on-event \| (\d+) \1$/)]);
  });

  test("is waited for 5 s at the end, and no longer", async () => {
    const clock = fakeClock();
    const command = start(script("console.log('begun'); setInterval(() => {}, 1_000)"), { clock });
    for (const n of [1, 2, 3]) command.push(`${n}\n`);
    await expect.poll(() => command.lines, { timeout: 10_000 }).toEqual(["on-event | begun"]);
    const closing = command.close();
    clock.advance(4_999);
    expect(command.lines).toHaveLength(1);
    clock.advance(1);
    await closing;
    expect(command.lines.slice(1)).toEqual([
      "eks-probe: --on-event: ended with the watch",
      "eks-probe: --on-event: 1 event handed over; ended with the watch: 1, never handed over: 2",
    ]);
  });
});

/** A zombie that nobody has collected yet is not. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return !/^\d+ \(.*\) [ZX]/.test(stat);
  } catch {
    return false;
  }
}

describe("what goes wrong", () => {
  test("is told at most once a minute of each kind, with how often it was, and in the end", () => {
    const clock = fakeClock();
    const lines: string[] = [];
    const troubles = eventTroubles((line) => lines.push(line), clock);
    const failed = { kind: "failed", why: "exit code 1" } as const;
    for (let n = 0; n < 3; n += 1) troubles.note(failed);
    troubles.note({ kind: "failed", why: "exit code 2" });
    troubles.note({ kind: "ok" });
    clock.advance(59_999);
    troubles.note(failed);
    clock.advance(1);
    troubles.note(failed);
    troubles.conclude();
    expect(lines).toEqual([
      "eks-probe: --on-event: exit code 1",
      "eks-probe: --on-event: exit code 2",
      "eks-probe: --on-event: exit code 1 (3 more since it was last told)",
      "eks-probe: --on-event: 7 events handed over; exit code 1: 5, exit code 2: 1",
    ]);
  });

  test("is nothing when all went well", () => {
    const lines: string[] = [];
    const troubles = eventTroubles((line) => lines.push(line), fakeClock());
    troubles.note({ kind: "ok" });
    troubles.conclude();
    expect(lines).toEqual([]);
  });
});
