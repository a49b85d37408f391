import type { Fact } from "../fact.ts";

/** What kubelet is told of its cluster. Never a token, key or client certificate. */
export interface KubeletSettings {
  /** `https://1368909F….eks.amazonaws.com` */
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority: Fact<string>;
  readonly clusterName: string | undefined;
  readonly region: string | undefined;
  /** Of its own arguments or configuration. */
  readonly nodeIp: string | undefined;
  readonly clusterDns: readonly string[];
  /** File that it was read from. */
  readonly file: string;
}
