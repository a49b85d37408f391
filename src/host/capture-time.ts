import type { NodeSnapshot } from "../model/node/snapshot.ts";
import type { Clock } from "../model/ports.ts";
import { isoTime, parseTimeMs } from "../model/time.ts";
import { BUNDLE_LISTINGS } from "./bundle/listings.ts";
import { bootSecondsOf } from "./processes.ts";
import { type HostView, textOf } from "./view.ts";

/** When a worker was read. */
export interface CaptureTime {
  /** ISO 8601. */
  readonly at: string;
  readonly blind: readonly string[];
}

/** Now, or when a capture was made: by its kernel's own clock, else when its files were written. */
export function captureTime(
  view: HostView,
  source: NodeSnapshot["source"],
  clock: Clock,
): CaptureTime {
  if (source.kind === "live") return { at: isoTime(clock.wallMs()), blind: [] };
  const told = source.kind === "bundle" ? timeOfBundle(view) : timeOfCopy(view);
  if (told !== undefined) return { at: isoTime(told), blind: [] };
  const paths = [BUNDLE_LISTINGS.sockets, "/proc/net/tcp", "/proc/1/net/tcp", "/"];
  const [written] = paths.flatMap((path) => view.writtenMs(path) ?? []);
  return {
    at: isoTime(written ?? clock.wallMs()),
    blind: ["when this was captured: the time given is that of its files"],
  };
}

/** A machine's boot time and how long it had been up. */
function timeOfCopy(view: HostView): number | undefined {
  const boot = bootSecondsOf(view);
  const up = /^(\d{1,12}\.\d{1,3}) /.exec(textOf(view, "/proc/uptime", 256) ?? "")?.[1];
  return boot === undefined || up === undefined ? undefined : within((boot + Number(up)) * 1_000);
}

/** `curling https://… (1 of 5) 2024-04-16T04:20:01.000UTC` */
function timeOfBundle(view: HostView): number | undefined {
  const text = textOf(view, BUNDLE_LISTINGS.time, 4_096) ?? "";
  const time = /^curling .* (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})UTC/m.exec(text)?.[1];
  return time === undefined ? undefined : parseTimeMs(`${time}Z`);
}

function within(wallMs: number): number | undefined {
  return wallMs > 0 && wallMs < 8.64e15 ? Math.round(wallMs) : undefined;
}
