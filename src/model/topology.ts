/** What the addresses look like together: always "consistent with", never "is". */
export interface Topology {
  /** One sentence. */
  readonly sentence: string;
  /** What it rests on, and what would change it. */
  readonly confidence: string;
  readonly routes: readonly Route[];
}

/** A way that traffic is expected to take in this mode of the endpoint. */
export interface Route {
  readonly direction: "worker to control plane" | "control plane to worker";
  readonly who: string;
  readonly path: string;
}
