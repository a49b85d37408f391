/** `9ms`, `0.8ms`, `1.2s`: short, and honest about small values. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return "–";
  if (ms >= 10_000) return `${Math.round(ms / 1_000)}s`;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)}s`;
  return ms >= 9.5 ? `${Math.round(ms)}ms` : `${ms.toFixed(1)}ms`;
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle];
  const low = sorted[middle - 1];
  if (high === undefined) return undefined;
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}

/** Breaks at the separator so that no line is longer than `width`; a longer part stays whole. */
export function wrap(text: string, width: number, separator = " "): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of text.split(separator)) {
    const longer = line === "" ? part : line + separator + part;
    if (line !== "" && longer.length > width) {
      lines.push(line);
      line = part;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((each) => each.trimEnd());
}

/** The first label of a host name where that is enough to tell the hosts apart, else the whole. */
export function shortenHosts(hosts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    hosts.map((host) => {
      const clash = hosts.some((other) => other !== host && firstLabel(other) === firstLabel(host));
      return [host, clash ? host : firstLabel(host)];
    }),
  );
}

/** An IP address has no labels to drop. */
function firstLabel(host: string): string {
  return /^[0-9.]+$|:/.test(host) ? host : (host.split(".")[0] ?? host);
}

/** `1 event`, `2 events`. */
export function counted(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : `${noun}s`}`;
}

/** `99.86%`: never 100% unless it is all of them, never 0% unless it is none. */
export function formatShare(part: number, of: number): string {
  if (of === 0) return "–";
  if (part >= of) return "100%";
  if (part <= 0) return "0%";
  const share = Math.floor((part / of) * 10_000) / 100;
  return `${Math.max(share, 0.01).toFixed(2)}%`;
}
