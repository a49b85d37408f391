import { type Fact, known, unknown } from "../../model/fact.ts";
import type { ClusterUpdate } from "../../model/investigation.ts";
import { isoTime } from "../../model/time.ts";
import { fieldsOf, itemsOf, textOf, wordsOf } from "../fields.ts";
import type { AwsSession } from "../session.ts";
import { askEks, asking, type EksAsker } from "./ask.ts";
import { readPages } from "./pages.ts";

const LIST = "eks:ListUpdates";

/** EKS's own maximum. */
const PAGE_SIZE = 100;

/** An update is described by a call of its own. */
const MAX_DESCRIBED = 5;

const MAX_ERRORS = 5;

/**
 * The latest updates of the cluster itself, newest first, at most five. An update that cannot be
 * described fails the fact, since it may be the one that is under way. Fails as describeCluster
 * does.
 */
export function updates(
  session: AwsSession,
  name: string,
  signal: AbortSignal,
): Promise<Fact<readonly ClusterUpdate[]>> {
  const what = asking(LIST);
  return askEks(session, what, signal, async (asker) => {
    const pages = await readPages(LIST, async (nextToken) => {
      const { eks, send } = asker;
      const answer = await send(
        new eks.ListUpdatesCommand({
          name,
          maxResults: PAGE_SIZE,
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      return { items: answer.updateIds, nextToken: answer.nextToken };
    });
    if (pages.kind === "failed") return unknown(pages.failure);
    const ids = [...new Set(pages.value.flatMap((id) => textOf(id) ?? []))];
    what.action = "eks:DescribeUpdate";
    return known(await describeNewest(ids, (id) => describeUpdate(asker, name, id)));
  });
}

/**
 * EKS does not say in which order it lists: of a long list both ends are described first, and then
 * those beside the newer one.
 */
async function describeNewest(
  ids: readonly string[],
  describe: (id: string) => Promise<ClusterUpdate>,
): Promise<readonly ClusterUpdate[]> {
  const [first, last] = [ids[0], ids.at(-1)];
  if (first === undefined || last === undefined) return [];
  if (ids.length <= MAX_DESCRIBED) return byAge(await Promise.all(ids.map(describe)));
  const ends = await Promise.all([first, last].map(describe));
  const [newer] = byAge(ends);
  const between = ids.slice(1, -1);
  const beside =
    newer?.id === last
      ? between.slice(2 - MAX_DESCRIBED)
      : between.slice(0, MAX_DESCRIBED - ends.length);
  return byAge([...ends, ...(await Promise.all(beside.map(describe)))]);
}

async function describeUpdate(
  { eks, send }: EksAsker,
  name: string,
  updateId: string,
): Promise<ClusterUpdate> {
  const answer = await send(new eks.DescribeUpdateCommand({ name, updateId }));
  const { type, status, createdAt, errors } = fieldsOf(answer.update);
  return {
    id: updateId,
    type: textOf(type),
    status: textOf(status),
    createdAt: stampOf(createdAt),
    errors: itemsOf(errors).slice(0, MAX_ERRORS).map(readError),
  };
}

function readError(item: unknown): ClusterUpdate["errors"][number] {
  const { errorCode, errorMessage } = fieldsOf(item);
  return {
    code: wordsOf(errorCode, 80) || "Unknown",
    message: wordsOf(errorMessage, 300),
  };
}

/** The SDK makes dates of EKS's seconds; of a number out of range an invalid one. */
function stampOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("getTime" in value)) return undefined;
  const wallMs: unknown = typeof value.getTime === "function" ? value.getTime() : undefined;
  return typeof wallMs === "number" && Number.isFinite(wallMs) ? isoTime(wallMs) : undefined;
}

/** Newest first; those without a time last, in EKS's order. */
function byAge(list: readonly ClusterUpdate[]): readonly ClusterUpdate[] {
  return list.toSorted((a, b) => {
    const [left, right] = [a.createdAt ?? "", b.createdAt ?? ""];
    if (left === right) return 0;
    return left < right ? 1 : -1;
  });
}
