import { open } from "node:fs/promises";
import { isIP } from "node:net";
import { platform } from "node:os";
import type { DnsRecord, RecordType, Resolution } from "../../model/resolution.ts";

const MAX_BYTES = 1024 * 1024;

export function defaultHostsFile(): string {
  return platform() === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";
}

/**
 * The hosts file's entries for a name: one row per address family that has any, none for a file
 * without the name or a file that cannot be read. Only the first MiB is read. A hosts file knows no
 * lifetime: `ttlSeconds` is 0 there.
 */
export async function readHostsFile(path: string, name: string): Promise<readonly Resolution[]> {
  const ips = parseHosts(await readStart(path), name);
  return [rowOf("A", 4, ips, name), rowOf("AAAA", 6, ips, name)].filter(
    (row) => row.answer.kind === "records",
  );
}

/** The addresses of a name in the text of a hosts file, in order, each once. */
export function parseHosts(text: string, name: string): readonly string[] {
  const wanted = name.replace(/\.$/, "").toLowerCase();
  const ips = text.split(/\r?\n/).flatMap((line) => {
    const [ip, ...names] = (line.split("#", 1)[0] ?? "").trim().split(/[ \t]+/);
    const isMeant = names.some((each) => each.replace(/\.$/, "").toLowerCase() === wanted);
    return ip !== undefined && isMeant && isIP(ip) !== 0 ? [ip] : [];
  });
  return [...new Set(ips)];
}

function rowOf(type: RecordType, family: 4 | 6, ips: readonly string[], name: string): Resolution {
  const records: readonly DnsRecord[] = ips
    .filter((ip) => isIP(ip) === family)
    .map((ip) => ({ type, ip, ttlSeconds: 0 }));
  return {
    resolver: { kind: "hosts-file" },
    name,
    type,
    answer: records.length === 0 ? { kind: "nodata" } : { kind: "records", records, cnames: [] },
    durationMs: 0,
    transport: "none",
  };
}

async function readStart(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return "";
  }
}
