import type { Fact } from "../fact.ts";
import type { NodeProcess } from "./process.ts";
import type { Endpoint, TcpSocket } from "./socket.ts";

/** One connection between a process of this worker and the control plane. */
export interface NodeFlow {
  readonly direction: "to-control-plane" | "from-control-plane";
  /** Undefined where the owner could not be seen, with the reason in `ownerReason`. */
  readonly process: NodeProcess | undefined;
  readonly ownerReason: string | undefined;
  readonly socket: TcpSocket;
  /** The peer as the process sees it. */
  readonly seen: Endpoint;
  readonly translation: Translation;
  /** The address of the control plane at the end: after translation. Undefined where it is open. */
  readonly address: FlowAddress | undefined;
  /** Host of the API server behind that address. */
  readonly apiServer: Fact<string>;
}

/** What the worker's kernel makes of the address that a process connects to. */
export type Translation =
  | { readonly kind: "none" }
  /** The kernel's own record of this connection. */
  | { readonly kind: "tracked"; readonly to: Endpoint }
  /** The rules would lead a new connection there; this one went to one of them. */
  | {
      readonly kind: "by-rules";
      readonly chain: string | undefined;
      readonly candidates: readonly {
        readonly to: Endpoint;
        readonly probability: number | undefined;
      }[];
    }
  /** A service address, and nothing says how it is translated. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Where a connection ends, and what is there. */
export interface FlowAddress {
  readonly endpoint: Endpoint;
  /** `former-eni`: nobody names it any more. */
  readonly kind: "vip" | "eni" | "former-eni" | "unknown";
  readonly eniId: string | undefined;
}
