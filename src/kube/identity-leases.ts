import * as v from "valibot";
import type { Fact } from "../model/fact.ts";
import { known } from "../model/fact.ts";
import type { IdentityLease } from "../model/inspection.ts";
import { sanitizeText } from "../model/text.ts";
import { isoTime, parseTimeMs } from "../model/time.ts";
import { readDocument, shortText } from "./reply.ts";

const MAX_NAME = 253;
const MAX_LEASES = 1_000;

const COMPONENT = "kube-apiserver";
/** The label of 1.27 and later, then that of 1.20 to 1.26. */
const LABELS: readonly string[] = ["apiserver.kubernetes.io/identity", "k8s.io/component"];

/** The lists to ask for, one for each label the Leases ever had. */
export const LEASE_PATHS: readonly string[] = LABELS.map((label) => {
  const selector = encodeURIComponent(`${label}=${COMPONENT}`);
  return `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=${selector}`;
});

/** MicroTime: RFC 3339 with up to nine digits after the point. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

const Time = v.pipe(
  v.string(),
  v.regex(RFC3339),
  v.transform(parseTimeMs),
  v.number(),
  v.transform(isoTime),
);

const LeaseList = v.object({
  kind: v.literal("LeaseList"),
  items: v.nullish(
    v.pipe(
      v.array(
        v.object({
          metadata: v.object({
            name: shortText(MAX_NAME),
            labels: v.nullish(v.record(v.string(), v.string()), {}),
          }),
          spec: v.object({ holderIdentity: v.nullish(v.string()), renewTime: Time }),
        }),
      ),
      v.maxLength(MAX_LEASES),
    ),
    [],
  ),
});

type Item = NonNullable<v.InferOutput<typeof LeaseList>["items"]>[number];

/**
 * Reads the kube-apiservers' Leases out of a list of `kube-system` (recorded: kube-apiserver 1.20,
 * and the form of 1.27 and later). What bears neither of their labels is left out, whatever the
 * selector was. Never throws.
 */
export function parseIdentityLeases(body: string): Fact<readonly IdentityLease[]> {
  const list = readDocument(body, LeaseList, "the list of Leases");
  if (list.kind !== "known") return list;
  return known((list.value.items ?? []).filter(isApiServers).map(readLease));
}

/** One list of the lists for each label; a lost one matters only when the others are empty. */
export function mergeLeases(
  lists: readonly Fact<readonly IdentityLease[]>[],
): Fact<readonly IdentityLease[]> {
  const byName = new Map<string, IdentityLease>();
  for (const list of lists)
    if (list.kind === "known") for (const lease of list.value) byName.set(lease.name, lease);
  const lost = lists.find((list) => list.kind !== "known");
  if (byName.size === 0 && lost !== undefined) return lost;
  return known([...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

function isApiServers({ metadata: { labels } }: Item): boolean {
  return LABELS.some((label) => labels?.[label] === COMPONENT);
}

function readLease({ metadata, spec }: Item): IdentityLease {
  const { name, labels } = metadata;
  return {
    name,
    host: hostOf(labels?.["kubernetes.io/hostname"]),
    incarnation: incarnationOf(name, spec.holderIdentity ?? ""),
    renewTime: spec.renewTime,
  };
}

function hostOf(label: string | undefined): string | undefined {
  return label !== undefined && /^[a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?$/i.test(label)
    ? label.toLowerCase()
    : undefined;
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `<name>_<uuid>` since 1.26; before that the uuid is the end of both names. */
function incarnationOf(name: string, holder: string): string | undefined {
  if (holder.startsWith(`${name}_`) && holder.length > name.length + 1)
    return sanitizeText(holder.slice(name.length + 1), MAX_NAME);
  return UUID.exec(holder)?.[0] ?? UUID.exec(name)?.[0];
}
