import type { Failure } from "./failure.ts";

export interface DnsRecord {
  readonly type: "A" | "AAAA";
  readonly ip: string;
  readonly ttlSeconds: number;
}

export type RecordType = DnsRecord["type"];

/** What one server said to one question. `nodata`: the name exists, without such a record. */
export type DnsAnswer =
  | {
      readonly kind: "records";
      readonly records: readonly DnsRecord[];
      readonly cnames: readonly string[];
    }
  | { readonly kind: "nodata" }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Who was asked. */
export type ResolverRef =
  /** A DNS server, by address; `system` when it is one of this machine's own. */
  | {
      readonly kind: "server";
      readonly ip: string;
      readonly port: number;
      readonly system: boolean;
    }
  /** What an ordinary program gets: getaddrinfo, with nsswitch, hosts file and all. */
  | { readonly kind: "system-lookup" }
  | { readonly kind: "hosts-file" };

/** One question to one resolver. Each answer is kept apart with who gave it. */
export interface Resolution {
  readonly resolver: ResolverRef;
  readonly name: string;
  readonly type: RecordType;
  readonly answer: DnsAnswer;
  readonly durationMs: number;
  /** `none` for what needed no packet. */
  readonly transport: "udp" | "tcp" | "none";
}
