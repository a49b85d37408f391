import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ACTIONS } from "../../src/aws/actions.ts";
import { leastPolicy } from "../../src/aws/iam-policy.ts";
import { COMMANDS } from "../../src/cli/commands/table.ts";
import type { OptionSpec } from "../../src/cli/options/spec.ts";
import { CHECK_OPTIONS } from "../../src/cli/options/tables/check.ts";
import { DIFF_OPTIONS, PRESENT_OPTIONS } from "../../src/cli/options/tables/diff.ts";
import { ENDPOINTS_OPTIONS } from "../../src/cli/options/tables/endpoints.ts";
import { IAM_OPTIONS } from "../../src/cli/options/tables/iam.ts";
import { LAB_OPTIONS } from "../../src/cli/options/tables/lab.ts";
import { NODE_OPTIONS } from "../../src/cli/options/tables/node.ts";
import { REPLAY_OPTIONS } from "../../src/cli/options/tables/replay.ts";
import { WATCH_OPTIONS } from "../../src/cli/options/tables/watch.ts";
import { EVENT_EXPLANATIONS } from "../../src/explain/events.ts";
import { KNOWN_FAILURES } from "../../src/explain/failures.ts";
import { OUTSIDE_FAILURES } from "../../src/explain/outside.ts";
import { explainAll } from "../../src/explain/table.ts";
import { LISTS } from "../../src/kube/requests.ts";
import { EVENT_KINDS } from "../../src/model/watch/event.ts";
import { RECORD_VERSION } from "../../src/model/watch/record.ts";
import { checksDocument, failuresDocument } from "../../src/report/explain-markdown.ts";
import {
  CONFIRM_CONNECTIONS,
  DEAD_AFTER,
  DELETED_AFTER,
  DOWN_AFTER,
  FOLLOW_MAX_MS,
  GAP_AFTER_INTERVALS,
  LEASE_STALE_MS,
  LEFT_DNS_AFTER,
  LEFT_SERVICE_AFTER,
  LOST_AFTER,
  SERVER_GONE_AFTER,
  UNREADY_AFTER,
  UP_AFTER,
} from "../../src/watch/constants.ts";
import {
  AWS_BURST,
  AWS_CALLS_PER_INTERVAL,
  AWS_COST,
  AWS_EVERY,
  AWS_INTERVAL_MS,
  CONFIRM_WITHIN_MS,
  DNS_RETRY_MS,
  NEGATIVE_TTL_MS,
  RENEW_TOKEN_BEFORE_MS,
  UNTOLD_TTL_MS,
} from "../../src/watch/pace/constants.ts";
import { LINES } from "../../src/watch/record/line-schema.ts";

const README = new URL("../../README.md", import.meta.url);
const WATCH = new URL("../../docs/watch.md", import.meta.url);

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

const NO_PARTS = { partition: "aws", region: undefined, account: undefined, name: undefined };

/** Milliseconds in the unit that reads best. */
function time(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 && ms > 60_000 ? `${ms / 60_000} min` : `${ms / 1_000} s`;
}

/** What of the numbers in src/watch a user has to know. */
function constantRows(): readonly (readonly [string, string])[] {
  return [
    [
      "a path is down, and up again",
      `${DOWN_AFTER} fresh connections in a row that failed; ${UP_AFTER} that were answered`,
    ],
    [
      "an API server is not ready, and ready again",
      `${UNREADY_AFTER} answers of \`/readyz\` in a row; ${UP_AFTER}`,
    ],
    [
      "an address has left DNS",
      `${LEFT_DNS_AFTER} answers in a row without it, of every resolver that named it; more where it names addresses in turns`,
    ],
    [
      "an ENI, or an endpoint of the service, is gone",
      `${DELETED_AFTER} lists in a row without it; of the service ${LEFT_SERVICE_AFTER}`,
    ],
    [
      "a path leads elsewhere",
      `${CONFIRM_CONNECTIONS} connections at once, at most ${time(CONFIRM_WITHIN_MS)} after the first that did`,
    ],
    [
      "an API server is gone",
      `${SERVER_GONE_AFTER} rounds without it, its paths lead elsewhere or are dead, its Lease is ${time(LEASE_STALE_MS)} old`,
    ],
    [
      "a dropped address is dead",
      `${DEAD_AFTER} fresh connections in a row that failed, and the kept one ended; it is followed for ${time(FOLLOW_MAX_MS)} at most`,
    ],
    ["a source is lost", `${LOST_AFTER} questions in a row without an answer; a denial at once`],
    ["the watch stood still", `${GAP_AFTER_INTERVALS} intervals without a round`],
    [
      "DNS is asked again",
      `when the TTL is over; after ${time(UNTOLD_TTL_MS)} where none is told, ${time(NEGATIVE_TTL_MS)} after a denial, ${time(DNS_RETRY_MS)} after a failure`,
    ],
    [
      "AWS is asked again",
      `EC2 every \`--aws-interval\` (${time(AWS_INTERVAL_MS)}), EKS every ${AWS_EVERY.eks} of them, for updates every ${AWS_EVERY.updates}; at once when something changed, yet never more than ${AWS_CALLS_PER_INTERVAL} calls in one on average, and ${AWS_BURST} at once`,
    ],
    ["the token is signed anew", `${time(RENEW_TOKEN_BEFORE_MS)} before it ends`],
  ];
}

function eventRows(): readonly (readonly string[])[] {
  return EVENT_KINDS.map((kind) => {
    const {
      severities,
      means,
      seen,
      sure,
      about,
      may = [],
      change,
      part,
    } = EVENT_EXPLANATIONS[kind];
    const subject = [...about.map((key) => `\`${key}\``), ...may.map((key) => `\`${key}\`?`)];
    const more = part === undefined ? [] : [`\`${part}\``];
    const values = /^(?:none|was: .*|is: .*)$/.test(change) ? change : `was, is: ${change}`;
    return [
      `\`${kind}\``,
      severities.join(", "),
      means,
      seen,
      sure,
      [[...subject, ...more].join(", "), values]
        .filter((words) => words !== "" && words !== "none")
        .join("; "),
    ].map((cell) => cell.replaceAll("|", "\\|"));
  });
}

function hourly(question: keyof typeof AWS_EVERY): number {
  return (3_600_000 / (AWS_INTERVAL_MS * AWS_EVERY[question])) * AWS_COST[question];
}

/** With the usual interval, and nothing that changes. */
function awsRows(): readonly (readonly string[])[] {
  const row = (what: string, question: keyof typeof AWS_EVERY, calls: string): string[] => [
    what,
    time(AWS_INTERVAL_MS * AWS_EVERY[question]),
    calls,
    String(hourly(question)),
  ];
  const all = hourly("ec2") + hourly("eks") + hourly("updates");
  const most = (3_600_000 / AWS_INTERVAL_MS) * AWS_CALLS_PER_INTERVAL;
  return [
    row("ENIs", "ec2", "DescribeNetworkInterfaces"),
    row("the cluster", "eks", "DescribeCluster"),
    row(
      "its updates",
      "updates",
      `ListUpdates, and DescribeUpdate of the ${AWS_COST.updates - 1} newest`,
    ),
    ["together", "", "", `${all}; ${most} at most, when much changes`],
  ];
}

/** What `diff` has beside the options of a run. */
const ONLY_DIFF = DIFF_OPTIONS.filter((option) => !PRESENT_OPTIONS.includes(option));
/** What `watch` has beyond the options of `endpoints`, or has as its own. */
const ONLY_WATCH = WATCH_OPTIONS.filter(
  ({ env, help }) => !ENDPOINTS_OPTIONS.some((other) => other.env === env && other.help === help),
);

/** What `node` has beyond the options of `endpoints`, or has as its own. */
const ONLY_NODE = NODE_OPTIONS.filter(
  ({ env, help }) => !ENDPOINTS_OPTIONS.some((other) => other.env === env && other.help === help),
);

/** Blocks of the README, by their names. */
const BLOCKS = {
  "options:endpoints": table(["option", "twin", "meaning"], optionRows(ENDPOINTS_OPTIONS)),
  "options:check": table(["option", "twin", "meaning"], optionRows(ONLY_CHECK)),
  "options:diff": table(["option", "twin", "meaning"], optionRows(ONLY_DIFF)),
  "options:replay": table(["option", "twin", "meaning"], optionRows(REPLAY_OPTIONS)),
  "options:watch": table(["option", "twin", "meaning"], optionRows(ONLY_WATCH)),
  "options:node": table(["option", "twin", "meaning"], optionRows(ONLY_NODE)),
  "watch:constants": table(["what", "when"], constantRows()),
} as const;

/** Those of docs/watch.md. */
const WATCH_BLOCKS = {
  "watch:events": table(
    ["event", "severity", "what it means", "seen by", "told after", "subject and values"],
    eventRows(),
  ),
  "watch:aws": table(["question", "every", "calls", "an hour"], awsRows()),
} as const;

function fill(text: string, name: string, content: string): string {
  const [from, to] = [`<!-- ${name} -->\n`, `<!-- /${name.split(":")[0] ?? name} -->`];
  const start = text.indexOf(from) + from.length;
  const end = text.indexOf(to, start);
  expect(start, `there is a block ${name}`).toBeGreaterThan(from.length);
  expect(end, `the block ${name} ends`).toBeGreaterThan(0);
  return `${text.slice(0, start)}${content}\n${text.slice(end)}`;
}

function filled(file: URL, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce(
    (text, [name, content]) => fill(text, name, content),
    readFileSync(file, "utf8"),
  );
}

/** What the file holds; with `npm run docs` it is given the text before. */
function contentOf(file: URL, text: string): string {
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, text);
  return readFileSync(file, "utf8");
}

describe("the README", () => {
  test("has the tables that the code has; npm run docs writes them", () => {
    const text = filled(README, BLOCKS);
    expect(contentOf(README, text)).toBe(text);
  });

  test("names every command", () => {
    const readme = readFileSync(README, "utf8");
    for (const { name } of COMMANDS)
      expect(readme).toMatch(new RegExp(`\\| \`${name}(?: [A-Z]+)?\` \\|`));
  });
});

describe("docs/watch.md", () => {
  const text = readFileSync(WATCH, "utf8");

  test("has the tables that the code has; npm run docs writes them", () => {
    const wanted = filled(WATCH, WATCH_BLOCKS);
    expect(contentOf(WATCH, wanted)).toBe(wanted);
  });

  test("has every kind of event once, every kind of line of a record, and the number of lists", () => {
    for (const kind of EVENT_KINDS) expect(text.split(`\n| \`${kind}\` |`)).toHaveLength(2);
    for (const kind of Object.keys(LINES)) expect(text).toContain(`\n| \`${kind}\` |`);
    expect(text).toContain(`\`recordVersion\` ${RECORD_VERSION}`);
    expect(text).toContain(`${LISTS.length} for the lists`);
  });

  test("names the actions that iam --watch allows, and no other that the program knows", () => {
    const flags = { clusterArnParts: NO_PARTS, roleArn: undefined, anonymous: false, deep: false };
    const policy = leastPolicy({ ...flags, paths: ["vip", "eni"], watch: true });
    const allowed = policy.Statement.flatMap(({ Action }) => Action);
    const told = Object.keys(ACTIONS).filter((action) => text.includes(`\`${action}\``));
    expect(told.toSorted()).toEqual([...allowed].toSorted());
  });

  test("has no option that its commands lack", () => {
    const known = [WATCH_OPTIONS, IAM_OPTIONS, REPLAY_OPTIONS, LAB_OPTIONS]
      .flat()
      .flatMap(({ flags }) => [...flags.matchAll(/--[\w.-]+/g)].map(([flag]) => flag));
    const ofAws = ["--cluster-name"];
    const told = [...text.matchAll(/(?<![\w-])--[a-z][\w.-]*/g)].map(([flag]) => flag);
    expect(told.filter((flag) => ![...known, ...ofAws].includes(flag))).toEqual([]);
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
