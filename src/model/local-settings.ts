import type { Fact, Tri } from "./fact.ts";

/** What other clients of this machine would do, as its settings say. Asks nobody. */
export interface LocalSettings {
  readonly proxy: ProxySettings;
  /** The contexts of the kubeconfig that mean this cluster, current one first; empty when none does. */
  readonly kubeconfig: Fact<readonly KubeconfigEntry[]>;
}

/** Proxy variables as clients read them, upper or lower case, without user name and password. */
export interface ProxySettings {
  /** `http://proxy.corp.example:3128` */
  readonly httpsProxy: string | undefined;
  /** Name of the variable it came from. */
  readonly variable: string | undefined;
  /** Parts of NO_PROXY. */
  readonly noProxy: readonly string[];
  /** Names of variables that are set to something that is no proxy's URL. */
  readonly unreadable: readonly string[];
}

/** One context of a kubeconfig, with its cluster and user; never a secret of it. */
export interface KubeconfigEntry {
  readonly file: string;
  readonly context: string;
  readonly current: boolean;
  /** `server`: its URL is the endpoint's; `name`: only a name says that the cluster is meant. */
  readonly matchedBy: "server" | "name";
  /** As written, without user name, password and query. */
  readonly server: string;
  readonly tlsServerName: string | undefined;
  /** PEM. */
  readonly certificateAuthority: Fact<string>;
  readonly skipsVerification: boolean;
  /** Without user name and password. */
  readonly proxyUrl: string | undefined;
  readonly user: KubeconfigUser;
}

export type KubeconfigUser =
  | {
      readonly kind: "exec";
      readonly command: string;
      /** Whether the command is there to be run from here. */
      readonly found: Tri;
      /** Of the arguments of `aws eks get-token`, `aws-iam-authenticator token` and eks-probe. */
      readonly clusterName: string | undefined;
      readonly region: string | undefined;
      readonly roleArn: string | undefined;
    }
  | {
      readonly kind: "token";
      /** X-Amz-Date of a static EKS token, ISO 8601; undefined for a token of another kind. */
      readonly signedAt: string | undefined;
    }
  | { readonly kind: "certificate" }
  | { readonly kind: "other" };

export const NO_PROXY_SETTINGS: ProxySettings = {
  httpsProxy: undefined,
  variable: undefined,
  noProxy: [],
  unreadable: [],
};
