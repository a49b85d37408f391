import { assert, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { EVENT_KINDS } from "../../../../src/model/watch/event.ts";
import { renderWatchJson, type WatchStory } from "../../../../src/report/watch/document.ts";
import { renderWatchMarkdown } from "../../../../src/report/watch/markdown.ts";
import { eventLine, startLine, summaryLine } from "../../../../src/report/watch/ndjson.ts";
import { WATCH_SCHEMA } from "../../../../src/report/watch/schema.ts";
import { cellsOf, elementsOf, toHtml } from "../../../support/gfm.ts";
import { hostileText } from "../../../support/hostile-reports.ts";
import { differ } from "../../../support/schema-check.ts";
import {
  DEAD,
  DOWN,
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

const differences = differ(WATCH_SCHEMA);

const STORY: WatchStory = {
  header: HEADER,
  events: [MOVED, DOWN, UP, DEAD],
  summary: { ...SUMMARY, load: LOAD },
};

describe("a line of ndjson", () => {
  test.each([
    ["start", startLine(HEADER, STATE)],
    ["start", startLine({ ...HEADER, region: undefined, endpointHost: undefined }, EMPTY_STATE)],
    ...[MOVED, DOWN, UP, DEAD, event({ subject: {} })].map((one): [string, string] => [
      "event",
      eventLine(one, "gonz-eks-pub"),
    ]),
    ["summary", summaryLine(SUMMARY)],
    ["summary", summaryLine({ ...SUMMARY, load: LOAD })],
    ["summary", summaryLine({ ...SUMMARY, morePaths: { paths: 50, attempts: 100, answered: 50 } })],
    [
      "summary",
      summaryLine({
        ...SUMMARY,
        enisAtStart: undefined,
        liveLeasesAtStart: undefined,
        load: { ...LOAD, latency: undefined },
      }),
    ],
  ])("of type %s has that first, is one line, and is as the schema says", (type, line) => {
    expect(line.startsWith(`{"type":"${type}",`)).toBe(true);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(differences(JSON.parse(line))).toEqual([]);
  });

  test("that starts says which version of the schema the others are by", () => {
    expect(startLine(HEADER, STATE)).toMatch(/^\{"type":"start","schemaVersion":1,/);
  });

  test("has null for what is not known, and never leaves it out", () => {
    expect(JSON.parse(startLine(HEADER, EMPTY_STATE)).watching).toEqual({
      paths: [],
      enis: null,
      resolvers: [],
      serviceEndpoints: null,
      liveLeases: null,
      blind: [],
    });
    expect(JSON.parse(eventLine(event({ was: undefined, after: undefined }), "x"))).toMatchObject({
      after: null,
      was: null,
      outage: null,
      drain: null,
      during: null,
    });
  });

  test.each(EVENT_KINDS)("may be of kind %s", (kind) => {
    expect(differences(JSON.parse(eventLine(event({ kind }), "x")))).toEqual([]);
  });

  test("is one line whatever is in it", () => {
    assert(
      property(hostileText, (text) => {
        const line = eventLine(event({ what: text, evidence: [text] }), text);
        expect(line.split("\n")).toHaveLength(2);
        expect(JSON.parse(line)).toMatchObject({ evidence: [expect.any(String)] });
      }),
    );
  });

  test("that is something else is refused by the schema", () => {
    const line = JSON.parse(eventLine(MOVED, "x"));
    expect(differences({ ...line, kind: "path-flew" })).not.toEqual([]);
    expect(differences({ ...line, more: 1 })).not.toEqual([]);
    expect(differences({ ...line, at: "yesterday" })).not.toEqual([]);
  });
});

describe("a whole record as JSON", () => {
  test("is one object as the schema says", () => {
    const text = renderWatchJson(STORY);
    expect(text.endsWith("}\n")).toBe(true);
    const document = JSON.parse(text);
    expect(differences(document)).toEqual([]);
    expect(document.events.map(({ kind }: { kind: string }) => kind)).toEqual([
      "path-moved",
      "path-down",
      "path-up",
      "address-dead",
    ]);
  });

  test("without a round has no summary, and says so", () => {
    const document = JSON.parse(renderWatchJson({ ...STORY, events: [], summary: undefined }));
    expect(document).toMatchObject({ events: [], summary: null });
    expect(differences(document)).toEqual([]);
  });
});

describe("a post-mortem in Markdown", () => {
  test("has what happened, outages, drains and the summary", async () => {
    const text = renderWatchMarkdown({ ...STORY, header: { ...HEADER, simulated: true } });
    await expect(text).toMatchFileSnapshot(new URL("golden/story.md", import.meta.url).pathname);
  });

  test("of a watch in which nothing happened is short", () => {
    const text = renderWatchMarkdown({ header: HEADER, events: [], summary: undefined });
    expect(text).toBe(
      "## eks-probe watch: gonz-eks-pub (ap-northeast-2)\n\n" +
        "watched from worker since 2026-11-25 15:41:30Z · no round was made\n\n" +
        "### Events\n\nNothing changed.\n",
    );
  });

  test("has nothing in it that others could make markup of", () => {
    const plain = elementsOf(toHtml(renderWatchMarkdown(STORY)));
    assert(
      property(hostileText, (text) => {
        const html = toHtml(
          renderWatchMarkdown({
            header: { ...HEADER, cluster: text, region: text, from: text },
            events: [
              event({ what: text, was: text, is: text, during: { type: text, updateId: text } }),
              { ...UP, outage: { ...OUTAGE, firstError: text }, subject: { address: text } },
              DEAD,
            ],
            summary: {
              ...SUMMARY,
              cluster: text,
              blind: [text],
              outages: [{ ...OUTAGE, address: text, firstError: text }],
              load: LOAD,
            },
          }),
        );
        expect([...elementsOf(html)].filter((name) => !plain.has(name))).toEqual([]);
        const widths = new Set(cellsOf(html).map((row) => row.length));
        expect(widths).toEqual(new Set([5, 6, 7]));
      }),
      { numRuns: 50 },
    );
  });
});
