/** What a process may do beyond its user, as far as it matters here: `include/uapi/linux/capability.h`. */
const BITS = {
  /** CAP_DAC_OVERRIDE: whatever file permissions say. */
  dacOverride: 1n,
  /** CAP_DAC_READ_SEARCH: the same, for reading. */
  dacReadSearch: 2n,
  /** CAP_NET_ADMIN: rules of NAT, tracked connections. */
  netAdmin: 12n,
  /** CAP_SYS_PTRACE: open files, environments and namespaces of other users' processes. */
  sysPtrace: 19n,
} as const;

/** A capability that matters here. */
export type Capability = keyof typeof BITS;

/**
 * Whether the process of this `/proc/PID/status` has the capability; undefined for what is no such
 * text. Never throws.
 */
export function hasCapability(status: string, capability: Capability): boolean | undefined {
  const hex = /^CapEff:\s*([0-9a-f]{1,32})$/m.exec(status)?.[1];
  return hex === undefined ? undefined : ((BigInt(`0x${hex}`) >> BITS[capability]) & 1n) === 1n;
}

/** Whether the process of this `/proc/PID/status` counts as root for the kernel's files. Never throws. */
export function isRoot(status: string): boolean {
  // Real, effective, saved, and that of the file system.
  return /^Uid:\s*\d+\s+0\s/m.test(status);
}
