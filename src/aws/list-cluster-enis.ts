import type { Eni } from "../model/cluster.ts";
import { type Fact, known, unknown } from "../model/fact.ts";
import { eniDescription, exactFilter, type InterfaceAnswer, readEni } from "./eni-answer.ts";
import { failed, failureOf, type Outcome, ok } from "./outcome.ts";
import { ATTEMPT_STEP, type AwsSession, callAws, noteAttempt } from "./session.ts";

const WHAT = { action: "ec2:DescribeNetworkInterfaces", phase: "describe-enis" } as const;

/** EC2's own maximum; with a filter a page may still come empty, and more after it. */
const PAGE_SIZE = 1000;

/** A cluster has two to four interfaces: this many pages are no listing any more. */
const MAX_PAGES = 50;

interface Page {
  readonly NetworkInterfaces?: readonly InterfaceAnswer[] | undefined;
  readonly NextToken?: string | undefined;
}

/**
 * The interfaces that EKS placed in the cluster's VPC, from every page, whatever their status; an
 * empty list is an answer. Needs only the cluster's name. Fails as describeCluster does, but for
 * cluster-not-found, and with aws-answer-invalid also when the pages do not end.
 */
export function listClusterEnis(
  session: AwsSession,
  name: string,
  signal: AbortSignal,
): Promise<Fact<readonly Eni[]>> {
  return callAws(
    session,
    WHAT,
    signal,
    () => import("./ec2-client.ts"),
    async (ec2, prepared, progress, abortSignal) => {
      const client = (session.clients.ec2 ??= new ec2.EC2Client(prepared.optionsFor("ec2")));
      const read = await readPages(name, (nextToken) => {
        const command = new ec2.DescribeNetworkInterfacesCommand({
          Filters: [{ Name: "description", Values: [exactFilter(eniDescription(name))] }],
          MaxResults: PAGE_SIZE,
          ...(nextToken === undefined ? {} : { NextToken: nextToken }),
        });
        command.middlewareStack.add(
          (next) => (args) => noteAttempt(progress, args.request, () => next(args)),
          ATTEMPT_STEP,
        );
        return client.send(command, { abortSignal });
      });
      return read.kind === "ok" ? known(read.value) : unknown(read.failure);
    },
  );
}

async function readPages(
  name: string,
  fetchPage: (nextToken: string | undefined) => Promise<Page>,
): Promise<Outcome<readonly Eni[]>> {
  const enis = new Map<string, Eni>();
  const seen = new Set<string>();
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    // Each page's token is in the page before it.
    // oxlint-disable-next-line eslint/no-await-in-loop
    const answer = await fetchPage(nextToken);
    // EC2 sends the list also where it is empty: without it, this is no answer of EC2's.
    if (answer.NetworkInterfaces === undefined) return notAws("the answer holds no list");
    for (const entry of answer.NetworkInterfaces) {
      const eni = readEni(entry, name);
      if (eni.kind === "failed") return eni;
      if (eni.value !== undefined) enis.set(eni.value.id, eni.value);
    }
    nextToken = answer.NextToken === "" ? undefined : answer.NextToken;
    if (nextToken === undefined) return ok([...enis.values()]);
    if (seen.has(nextToken)) return notAws("a page names one that came before");
    seen.add(nextToken);
  }
  return notAws(`more than ${MAX_PAGES} pages`);
}

function notAws(reason: string): Outcome<never> {
  return failed(failureOf("aws-answer-invalid", WHAT.phase, "aws", `${WHAT.action}: ${reason}`));
}
