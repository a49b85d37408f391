import { type Fact, known, unknown } from "../../model/fact.ts";
import { readEach, textOf } from "../fields.ts";
import { ok } from "../outcome.ts";
import type { AwsSession } from "../session.ts";
import { askEks, asking, notAws } from "./ask.ts";
import { readPages } from "./pages.ts";

const ACTION = "eks:ListAccessEntries";

/** EKS's own maximum. */
const PAGE_SIZE = 100;

/**
 * The ARNs of the principals that have an access entry in the cluster, from every page. A cluster
 * whose authentication mode knows no entries refuses: aws-error, with EKS's words. Fails as
 * describeCluster does.
 */
export function accessEntries(
  session: AwsSession,
  name: string,
  signal: AbortSignal,
): Promise<Fact<readonly string[]>> {
  return askEks(session, asking(ACTION), signal, async ({ eks, send }) => {
    const pages = await readPages(ACTION, async (nextToken) => {
      const answer = await send(
        new eks.ListAccessEntriesCommand({
          clusterName: name,
          maxResults: PAGE_SIZE,
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      return { items: answer.accessEntries, nextToken: answer.nextToken };
    });
    if (pages.kind === "failed") return unknown(pages.failure);
    const arns = readEach(pages.value, (item) => {
      const arn = textOf(item);
      // Left out, it would be a principal that has none.
      return arn === undefined ? notAws(ACTION, "an access entry has no ARN") : ok(arn);
    });
    return arns.kind === "ok" ? known(arns.value) : unknown(arns.failure);
  });
}
