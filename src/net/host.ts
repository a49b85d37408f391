import { hostname, networkInterfaces } from "node:os";
import type { HostPort } from "../model/ports.ts";

/** This machine as the kernel describes it; addresses are read anew at each call. */
export function createHostPort(): HostPort {
  return {
    hostname: hostname(),
    localIps: () =>
      Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter((address) => !address.internal)
        .map((address) => address.address),
  };
}
