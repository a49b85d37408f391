import type { Fact } from "../fact.ts";
import type { ProxySettings } from "../local-settings.ts";

/** One process that has a socket which matters. */
export interface NodeProcess {
  readonly pid: number;
  /** Of /proc/PID/comm: `kubelet`, `aws-k8s-agent`; the kernel cuts it at 15 bytes. */
  readonly name: string;
  /** Without anything that may be a secret. */
  readonly command: Fact<readonly string[]>;
  /** ISO 8601. */
  readonly startedAt: Fact<string>;
  /** What runs it, by its control group. */
  readonly owner: ProcessOwner;
  /** Proxy variables of its environment. */
  readonly proxy: Fact<ProxySettings>;
  /** Identity of its network namespace; undefined where it could not be read. */
  readonly networkNamespace: string | undefined;
}

/** What runs a process: systemd, kubelet, a container runtime, or a person. */
export type ProcessOwner =
  /** `kubelet.service` */
  | { readonly kind: "unit"; readonly unit: string }
  | {
      readonly kind: "pod";
      readonly podUid: string;
      readonly containerId: string | undefined;
      /** Where a log folder or an environment names them. */
      readonly namespace: string | undefined;
      readonly pod: string | undefined;
      readonly container: string | undefined;
    }
  /** A container that no control group ties to a pod. */
  | { readonly kind: "container"; readonly containerId: string }
  | { readonly kind: "session" }
  | { readonly kind: "unknown"; readonly reason: string };
