import type { Fact } from "../../../model/fact.ts";
import type { Failure } from "../../../model/failure.ts";
import type { DnsSeen, WatchSample } from "../../../model/watch/sample.ts";

/** Sources whose answer is one fact. */
export type FactSource = "ec2" | "eks" | "updates" | "leases" | "service-endpoints" | "token";

export type SourceName =
  | { readonly source: FactSource }
  | { readonly source: "dns"; readonly resolver: string; readonly type: DnsSeen["type"] };

/** A source that was asked in a round, and how it took it. */
export type Asked = { readonly key: string; readonly name: SourceName } & (
  | { readonly kind: "answered" }
  | { readonly kind: "failed"; readonly failure: Failure }
  /** It was left out on purpose. */
  | { readonly kind: "skipped"; readonly reason: string }
);

export function askedSources({
  dns,
  enis,
  cluster,
  updates,
  token,
  lists,
}: WatchSample): readonly Asked[] {
  return [
    ...(dns ?? []).map(askedResolver),
    ...askedFact("ec2", enis),
    ...askedFact("eks", cluster),
    ...askedFact("updates", updates),
    // Without a token by the user's own wish nothing is missing.
    ...(token?.kind === "skipped" ? [] : askedFact("token", token)),
    ...askedFact("leases", lists?.leases),
    ...askedFact("service-endpoints", lists?.serviceEndpoints),
  ];
}

function askedFact(source: FactSource, fact: Fact<unknown> | undefined): readonly Asked[] {
  const common = { key: source, name: { source } } as const;
  switch (fact?.kind) {
    case undefined:
      return [];
    case "known":
      return [{ ...common, kind: "answered" }];
    case "unknown":
      return [{ ...common, kind: "failed", failure: fact.failure }];
    case "skipped":
      return [{ ...common, kind: "skipped", reason: fact.reason }];
  }
}

function askedResolver({ resolver, type, answer }: DnsSeen): Asked {
  const common = {
    key: `dns ${resolver} ${type}`,
    name: { source: "dns", resolver, type },
  } as const;
  return answer.kind === "failed" && !isDenial(answer.failure)
    ? { ...common, kind: "failed", failure: answer.failure }
    : { ...common, kind: "answered" };
}

/** Whether it says for certain that nothing is in DNS, which is an answer. */
export function isDenial({ code }: Failure): boolean {
  return code === "dns-nxdomain" || code === "dns-nodata";
}
