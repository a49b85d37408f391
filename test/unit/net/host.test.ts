import { isIP } from "node:net";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { createHostPort } from "../../../src/net/host.ts";

test("a host is known by its name and its own addresses, loopback left out", () => {
  const host = createHostPort();
  expect(host.hostname).toBe(hostname());
  const ips = host.localIps();
  expect(ips.filter((ip) => isIP(ip) === 0 || ip.startsWith("127.") || ip === "::1")).toEqual([]);
});
