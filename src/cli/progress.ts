import type { Progress } from "../probe/probe-endpoint.ts";

export interface ProgressLine {
  show(progress: Progress): void;
  /** Takes the line away. */
  stop(): void;
}

const WAITING_FOR = {
  aws: "asking AWS for the cluster",
  dns: "resolving the endpoint",
  probes: "probing",
  evidence: "looking for the cause",
} as const satisfies Record<Progress["waitingFor"], string>;

/** A spinner on stderr, shown only when the run takes long enough to wonder. */
export function startProgress(): ProgressLine {
  let spinner: { text: string; stop(): unknown } | undefined;
  let text: string = WAITING_FOR.aws;
  let stopped = false;
  const timer = setTimeout(() => {
    void showSpinner();
  }, SHOW_AFTER_MS);
  timer.unref();
  const showSpinner = async (): Promise<void> => {
    const { default: yoctoSpinner } = await import("yocto-spinner");
    if (!stopped)
      spinner = yoctoSpinner({ text, stream: process.stderr, handleSignals: false }).start();
  };
  return {
    show: ({ waitingFor, made, planned }) => {
      text = WAITING_FOR[waitingFor] + (planned > 0 ? ` ${made}/${planned}` : "");
      if (spinner) spinner.text = text;
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      spinner?.stop();
    },
  };
}

/** A run against a near region is over before this. */
const SHOW_AFTER_MS = 250;
