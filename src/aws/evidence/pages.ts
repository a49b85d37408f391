import { type Fact, known, unknown } from "../../model/fact.ts";
import type { IamAction } from "../actions.ts";
import { exactFilter } from "../eni-answer.ts";
import { type Outcome, ok } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { askEc2, asking, type Ec2Asker, notAws } from "./ask.ts";

/** The least of the maxima of these actions (DescribeRouteTables). */
const PAGE_SIZE = 100;

/** Nothing that is asked for here has thousands of parts. */
const MAX_PAGES = 50;

/** EC2 takes no more values in one filter. */
const MAX_VALUES = 200;

/** One page of an answer. Types are as promised, not as sent. */
export interface Page {
  readonly items: unknown;
  readonly nextToken: unknown;
}

/** What all of EC2's listing commands take. */
export interface Ec2Query {
  readonly Filters: { Name: string; Values: string[] }[];
  readonly MaxResults: number;
  readonly NextToken?: string;
}

export interface Ec2Listing<T> {
  readonly action: IamAction;
  /** By filter and not by id: an id that is gone fails the whole call, a filter leaves it out. */
  readonly filter: string;
  readonly values: readonly string[];
  readonly fetch: (asker: Ec2Asker, query: Ec2Query) => Promise<Page>;
  /** Undefined: not what was asked for, as from an emulator that knows no filter. */
  readonly read: (item: unknown) => Outcome<T | undefined>;
}

/**
 * What EC2 has of the filter's values, from every page, each id once; what it does not have is left
 * out. Fails as listClusterEnis does.
 */
export function listFromEc2<T extends { readonly id: string }>(
  session: AwsSession,
  listing: Ec2Listing<T>,
  signal: AbortSignal,
): Promise<Fact<readonly T[]>> {
  const { action, filter, fetch, read } = listing;
  return askEc2(session, asking(action), signal, async (asker) => {
    const byId = new Map<string, T>();
    for (const values of batchesOf(listing.values.map(exactFilter))) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- more than one batch is rare
      const items = await readPages(action, (NextToken) =>
        fetch(asker, {
          Filters: [{ Name: filter, Values: values }],
          MaxResults: PAGE_SIZE,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      if (items.kind === "failed") return unknown(items.failure);
      for (const item of items.value) {
        const value = read(item);
        if (value.kind === "failed") return unknown(value.failure);
        if (value.value !== undefined) byId.set(value.value.id, value.value);
      }
    }
    return known([...byId.values()]);
  });
}

/**
 * The items of every page. Fails with aws-answer-invalid when a page holds no list or the pages do
 * not end.
 */
export async function readPages(
  action: IamAction,
  fetchPage: (nextToken: string | undefined) => Promise<Page>,
): Promise<Outcome<readonly unknown[]>> {
  const all: unknown[] = [];
  const seen = new Set<string>();
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    // Each page's token is in the page before it.
    // oxlint-disable-next-line eslint/no-await-in-loop
    const answer = await fetchPage(nextToken);
    if (!Array.isArray(answer.items)) return notAws(action, "the answer holds no list");
    all.push(...(answer.items as readonly unknown[]));
    nextToken =
      typeof answer.nextToken === "string" && answer.nextToken !== ""
        ? answer.nextToken
        : undefined;
    if (nextToken === undefined) return ok(all);
    if (seen.has(nextToken)) return notAws(action, "a page names one that came before");
    seen.add(nextToken);
  }
  return notAws(action, `more than ${MAX_PAGES} pages`);
}

function batchesOf(values: readonly string[]): readonly string[][] {
  const count = Math.ceil(values.length / MAX_VALUES);
  return Array.from({ length: count }, (_, index) =>
    values.slice(index * MAX_VALUES, (index + 1) * MAX_VALUES),
  );
}
