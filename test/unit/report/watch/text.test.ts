import { array, assert, constantFrom, option, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { sanitizeText } from "../../../../src/model/text.ts";
import { EVENT_KINDS, type WatchEvent } from "../../../../src/model/watch/event.ts";
import { flow } from "../../../../src/report/lines.ts";
import { plainTheme, type Theme } from "../../../../src/report/theme.ts";
import { formatSpan } from "../../../../src/report/times.ts";
import { type EventTextOptions, renderEvent } from "../../../../src/report/watch/event.ts";
import { renderStart } from "../../../../src/report/watch/start.ts";
import { renderStatusLine, type StatusView } from "../../../../src/report/watch/status-line.ts";
import { renderSummary } from "../../../../src/report/watch/summary.ts";
import { formatShare } from "../../../../src/report/words.ts";
import { hostileText } from "../../../support/hostile-reports.ts";
import {
  DEAD,
  DOWN,
  DRAIN,
  EMPTY_STATE,
  event,
  HEADER,
  LOAD,
  MOVED,
  OUTAGE,
  STATE,
  SUMMARY,
  UP,
} from "../../../support/watch-stories.ts";

const WIDTHS = [60, 80, 100] as const;

/** A watch from its start to its end, as a terminal of that width shows it. */
function story(theme: Theme, verbose = false): string {
  let previousAt: string | undefined = HEADER.startedAt;
  const events = [MOVED, DOWN, UP, DEAD].map((one) => {
    const text = renderEvent(one, theme, { verbose, previousAt });
    previousAt = one.at;
    return text;
  });
  return [
    renderStart({ ...HEADER, simulated: true }, STATE, theme),
    ...events,
    renderSummary({ ...SUMMARY, load: LOAD }, theme),
  ].join("\n");
}

function paint(text: string): string {
  return `<${text}>`;
}

function golden(name: string): string {
  return new URL(`golden/${name}`, import.meta.url).pathname;
}

describe("a whole watch", () => {
  test.each(WIDTHS)("at %d columns", async (width) => {
    await expect(story(plainTheme(width))).toMatchFileSnapshot(golden(`story-${width}.txt`));
  });

  test("with evidence, in ASCII", async () => {
    const text = story(plainTheme(100, false), true);
    expect(text).toMatch(/^[\n -~]+$/);
    await expect(text).toMatchFileSnapshot(golden("story-verbose-ascii.txt"));
  });

  test("no line is wider than the terminal", () => {
    for (const width of WIDTHS) {
      for (const unicode of [true, false]) {
        const lines = story(plainTheme(width, unicode), true).split("\n");
        expect(lines.filter((line) => line.length > width)).toEqual([]);
      }
    }
  });

  test("colour adds nothing: without it every word is still there", () => {
    const painted = { ...plainTheme(100), bold: paint, dim: paint, good: paint, warn: paint };
    const text = story({ ...painted, bad: paint, accent: paint }, true);
    expect(text.replaceAll(/[<>]/g, "")).toBe(story(plainTheme(100), true));
  });
});

function render(one: WatchEvent, options: Partial<EventTextOptions> = {}, width = 100): string {
  return renderEvent(one, plainTheme(width), { verbose: false, ...options });
}

describe("an event", () => {
  test.each([
    ["bad", "✗ failed "],
    ["good", "✓ ok     "],
    ["warn", "! warning"],
    ["info", "· changed"],
  ] as const)("of severity %s says so in a glyph and in a word", (severity, mark) => {
    const text = render(event({ severity, was: undefined, is: undefined }));
    expect(text).toBe(
      `15:41:31Z ${mark} path    10.0.20.41:443 leads to ip-172-16-88-9.ap-northeast-2.compute.internal\n`,
    );
  });

  test("tells what it was and is, where the sentence does not", () => {
    const one = event({
      kind: "eni-changed",
      what: "ENI eni-0a (10.0.20.41) changed its status",
      was: "in-use",
      is: "available",
    });
    expect(render(one)).toBe(
      "15:41:31Z · changed eni     eni-0a (10.0.20.41) changed its status\n" +
        "            in-use → available\n",
    );
    const said = { ...one, what: "ENI eni-0a changed from in-use to available" };
    expect(render(said).split("\n")).toHaveLength(2);
    expect(render({ ...DOWN, was: "up", is: "down" })).toBe(render(DOWN));
    // A part of another word is not said.
    expect(render({ ...one, what: "ENI eni-0a was unavailable", was: undefined })).toContain(
      "\n            now available\n",
    );
    expect(render({ ...one, is: undefined })).toContain("\n            was in-use\n");
  });

  test.each<[WatchEvent["kind"], string, string]>([
    ["path-down", "path 10.0.0.1 is down", "path    10.0.0.1 is down"],
    ["eni-created", "ENI eni-0a (10.0.0.1) was created", "eni     eni-0a (10.0.0.1) was created"],
    ["server-gone", "API server ip-1 is gone", "server  ip-1 is gone"],
    ["caller-refused", "caller is refused", "caller  is refused"],
    // Its noun is another one, or a part of a longer word.
    ["readyz-lost", "API server ip-1 is not ready", "readyz  API server ip-1 is not ready"],
    ["eni-deleted", "ENIs are gone", "eni     ENIs are gone"],
    ["path-down", "path", "path    path"],
  ])("says its noun once: %s", (kind, what, shown) => {
    const one = event({ kind, what, was: undefined, is: undefined });
    expect(render(one)).toBe(`15:41:31Z · changed ${shown}\n`);
  });

  test("tells the day once, where it is another one than before", () => {
    const first = "2026-11-25\n15:41:31Z";
    expect(render(MOVED, { previousAt: "2026-11-24T23:59:59.999Z" }).startsWith(first)).toBe(true);
    expect(render(MOVED, { previousAt: "2026-11-25T00:00:00.000Z" })).toMatch(/^15:41:31Z /);
    expect(render(MOVED)).toMatch(/^15:41:31Z /);
  });

  test("names the update by enough of its id", () => {
    expect(render(MOVED)).toContain("\n            during VersionUpdate 1a2b3c4d…\n");
    const short = { ...MOVED, during: { updateId: "u-1", type: "VersionUpdate" } };
    expect(render(short)).toContain("during VersionUpdate u-1\n");
  });

  test("has its evidence, and the times around it, only where it is asked for", () => {
    const late = { ...MOVED, reportedAt: "2026-11-25T15:41:41.000Z" };
    expect(render(late, { verbose: true })).toContain(
      "            8 of 8 fresh connections met it\n" +
        "            its certificate names it and was issued 2026-11-25 15:39:02Z\n" +
        "            not yet so at 15:41:21Z · sure at 15:41:41Z\n",
    );
    expect(render(late)).not.toContain("8 of 8");
    expect(render(event({ after: undefined, evidence: [] }), { verbose: true })).not.toContain(
      "not yet so",
    );
  });

  test("an outage that lasts says so; one whose error stayed the same has it once", () => {
    expect(render(DOWN)).toContain("2 attempts failed so far\n");
    const same = { ...OUTAGE, lastError: OUTAGE.firstError };
    expect(render({ ...UP, outage: same })).not.toContain("last error");
  });

  test("an address that still answered is not told to be dead", () => {
    const given = { ...DRAIN, deadAt: undefined, answeredForMs: 7_200_000 };
    const text = render({ ...DEAD, drain: given });
    expect(text).toContain("answered for 2h after it was dropped, and was followed no longer\n");
    expect(text).not.toContain("nothing answers any more");
  });

  test("a drain that saw no 200 after the drop says that", () => {
    const never = { last200At: undefined, first401At: undefined };
    const side = { ...never, firstResetAt: undefined, firstTimeoutAt: undefined };
    const drain = { ...DRAIN, fresh: side, kept: side, answeredForMs: 0 };
    expect(render({ ...DEAD, drain })).toContain("no 200 after it was dropped\n");
  });

  test("a time that is none breaks nothing", () => {
    const text = render(event({ at: "yesterday", after: "\u001b[31m" }), { verbose: true });
    expect(text).toMatch(/^\?\?:\?\?:\?\?Z /);
    expect(text).not.toContain("\u001b");
  });

  test("whatever is in it, every line fits, and nothing reaches the terminal that it would act on", () => {
    const hostile = record({
      kind: constantFrom(...EVENT_KINDS),
      what: hostileText,
      was: option(hostileText, { nil: undefined }),
      is: option(hostileText, { nil: undefined }),
      evidence: array(hostileText, { maxLength: 3 }),
      error: hostileText,
      during: hostileText,
    });
    assert(
      property(
        hostile,
        constantFrom(...WIDTHS),
        constantFrom(true, false),
        (one, width, unicode) => {
          const { error, during, ...more } = one;
          const text = renderEvent(
            event({
              ...more,
              outage: { ...OUTAGE, firstError: error, lastError: `${error}${"x".repeat(300)}` },
              during: { type: during, updateId: during },
            }),
            plainTheme(width, unicode),
            { verbose: true },
          );
          const lines = text.split("\n");
          expect(lines.filter((line) => line.length > width)).toEqual([]);
          expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
          expect(unicode || /^[\n -~]*$/.test(text)).toBe(true);
        },
      ),
    );
  });
});

describe("the start", () => {
  test("of which nothing is known says what is asked, and claims nothing", () => {
    const unknown = { ...HEADER, region: undefined, endpointHost: undefined };
    expect(renderStart(unknown, EMPTY_STATE, plainTheme())).toBe(
      "watching gonz-eks-pub · from worker · every 10s · since 2026-11-25 15:41:31Z\n\n" +
        "  resolvers  none\n",
    );
  });

  test("has no path a second time that a map above it shows, but one that only a record knows", () => {
    const mapped = new Set(["10.0.20.41:443", "10.0.95.229:443", "43.200.53.253:443"]);
    expect(rowsBeside(mapped)).toEqual([
      expect.stringContaining("PATH"),
      expect.stringContaining("52.79.39.107:443"),
    ]);
    expect(rowsBeside(new Set([...mapped, "52.79.39.107:443"]))).toEqual([]);
  });

  test("of a watch that goes on counts its rounds from the record", () => {
    const text = renderStart(HEADER, { ...STATE, n: 721 }, plainTheme());
    expect(text).toMatch(/goes\s+on with round 721/);
  });

  test("does not take no ENI for unknown ENIs", () => {
    const text = renderStart(HEADER, { ...EMPTY_STATE, enis: { listed: {} } }, plainTheme());
    expect(text).toContain("  ENIs       none\n");
  });
});

describe("the summary", () => {
  test("of a watch in which nothing happened is short", () => {
    const quiet = {
      ...SUMMARY,
      events: {},
      paths: [],
      outages: [],
      drains: [],
      blind: [],
      serversAtStart: [],
      serversAtEnd: [],
      enisAtStart: undefined,
      enisAtEnd: undefined,
      liveLeasesAtStart: undefined,
      liveLeasesAtEnd: undefined,
      end: "signal",
    } as const;
    expect(renderSummary({ ...quiet, samples: 1, until: quiet.from }, plainTheme())).toBe(
      "watched gonz-eks-pub for 0s · 1 round · 2026-11-25 15:41:31Z to 15:41:31Z · stopped by a signal\n" +
        "  events     none\n" +
        "  servers    0, as at the start\n",
    );
  });

  test("an outage of an address that is dead does not last, as that of one that is down does", () => {
    const [, open] = SUMMARY.outages;
    if (open === undefined) throw new Error("no outage");
    const rows = (address: string): string =>
      renderSummary({ ...SUMMARY, outages: [{ ...open, address }] }, plainTheme());
    expect(rows("10.0.20.41:443")).toMatch(/ 10\.0\.20\.41:443 +11-26 00:41:31Z +lasts /);
    expect(rows("10.0.95.229:443")).toMatch(/ 10\.0\.95\.229:443 +11-26 00:41:31Z +dead /);
  });

  test("says what it leaves out", () => {
    const one = renderSummary({ ...SUMMARY, omitted: 1 }, plainTheme());
    expect(one).toContain("  1 earlier outage or drain not listed: the latest are\n");
    const many = renderSummary({ ...SUMMARY, omitted: 12 }, plainTheme());
    expect(many).toContain("  12 earlier outages and drains not listed: the latest are\n");
  });

  test("whatever others sent, no table is wider than 100 columns", () => {
    assert(
      property(hostileText, (text) => {
        const rendered = renderSummary(
          {
            ...SUMMARY,
            cluster: text,
            blind: [text],
            serversAtEnd: [text.repeat(9)],
            outages: [{ ...OUTAGE, address: text, firstError: text.repeat(9) }],
            paths: [{ address: text, attempts: 1, answered: 1, state: "up", server: text }],
          },
          plainTheme(),
        );
        expect(rendered.split("\n").filter((line) => line.length > 100)).toEqual([]);
        expect(rendered.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
  });
});

describe("the status line", () => {
  const VIEW: StatusView = {
    cluster: "gonz-eks-pub",
    state: { ...STATE, n: 12, seq: 3 },
    nextInMs: 7_200,
    leftMs: 3_600_000,
    load: { rps: 20, p99Ms: 131 },
  };

  test.each([
    [
      200,
      "gonz-eks-pub · 2/4 paths up · 1 outage · 2 servers · 3 events · 12 rounds · next in 8s · 1h left · load 20/s p99 131ms",
    ],
    [
      100,
      "gonz-eks-pub · 2/4 paths up · 1 outage · 2 servers · 3 events · 12 rounds · next in 8s · 1h left",
    ],
    [80, "gonz-eks-pub · 2/4 paths up · 1 outage · 2 servers · 3 events · next in 8s"],
    [60, "gonz-eks-pub · 2/4 paths up · 1 outage · 3 events"],
    [44, "gonz-eks-pub · 2/4 paths up · 1 outage"],
    [20, "gonz-eks-pub · 2/4 …"],
    [1, "…"],
  ])("at %d columns has what counts most", (width, text) => {
    expect(renderStatusLine(VIEW, plainTheme(), width)).toBe(text);
  });

  test("is never wider than the terminal, in ASCII too", () => {
    for (let width = 1; width < 130; width += 1) {
      for (const unicode of [true, false])
        expect(renderStatusLine(VIEW, plainTheme(100, unicode), width).length).toBeLessThanOrEqual(
          width,
        );
    }
  });

  test("says that a round is under way, the first one as well", () => {
    const under = { ...VIEW, nextInMs: undefined, leftMs: undefined, load: undefined };
    expect(renderStatusLine(under, plainTheme(), 100)).toContain("round under way");
    expect(renderStatusLine({ ...under, state: undefined }, plainTheme(), 100)).toBe(
      "gonz-eks-pub · first round under way",
    );
  });

  test("does not count an address that nobody names any more", () => {
    const gone = { leadsTo: [], path: "down", dropped: true } as const;
    const state = { ...EMPTY_STATE, addresses: { byId: { "10.0.0.9:443": gone } } };
    expect(renderStatusLine({ ...VIEW, state }, plainTheme(), 100)).toContain("0/0 paths up");
  });
});

describe("words", () => {
  test.each([
    [0, "0s"],
    [-1, "0s"],
    [Number.NaN, "0s"],
    [250, "250ms"],
    [4_200, "4.2s"],
    [9_960, "10s"],
    [59_600, "1m"],
    [125_000, "2m 5s"],
    [3_600_000, "1h"],
    [12_059_000, "3h 20m"],
    [86_400_000 * 2 + 3_600_000 * 4, "2d 4h"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatSpan(ms)).toBe(text);
  });

  test.each([
    [0, 0, "–"],
    [5, 5, "100%"],
    [0, 5, "0%"],
    [99_999, 100_000, "99.99%"],
    [1, 1_000_000, "0.01%"],
  ])("%d of %d are %s: all and none only where it is so", (part, of, text) => {
    expect(formatShare(part, of)).toBe(text);
  });

  test("flow loses no word, and no line is longer than it may be", () => {
    assert(
      property(hostileText, (sent) => {
        const text = sanitizeText(sent, 100);
        const lines = flow(text, 7, 12);
        expect(lines.every((line, index) => line.length <= (index === 0 ? 7 : 12))).toBe(true);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });
});

function rowsBeside(shown: ReadonlySet<string>): readonly string[] {
  return renderStart(HEADER, STATE, plainTheme(), shown).match(/^ {2}(?:PATH|vip|eni) .*$/gm) ?? [];
}
