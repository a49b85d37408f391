import type { LabEndpoint, LabProxied, LabSocket } from "../scenario/worker.ts";

const HEADER = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
`;

/** `/proc/net/ip_vs`, as net/netfilter/ipvs/ip_vs_ctl.c prints it: hexadecimal, without names. */
export function ipvsTable(services: readonly LabProxied[], sockets: readonly LabSocket[]): string {
  const lines = services.flatMap(({ ip, port, targets }) => [
    `TCP  ${hexOf({ ip, port })} rr  `,
    ...targets.map((target) => {
      const open = sockets.filter(
        ({ state, remote, leadsTo }) =>
          state === "established" && isAt(remote, { ip, port }) && isAt(leadsTo, target),
      );
      const numbers = [target.weight ?? 1, open.length, 0].map(String);
      const [weight = "", active = "", inactive = ""] = numbers;
      return `  -> ${hexOf(target)}      Masq    ${weight.padEnd(6)} ${active.padEnd(10)} ${inactive.padEnd(10)}`;
    }),
  ]);
  return `${HEADER}${lines.map((line) => `${line}\n`).join("")}`;
}

function isAt(one: LabEndpoint | undefined, { ip, port }: LabEndpoint): boolean {
  return one?.ip === ip && one.port === port;
}

function hexOf({ ip, port }: LabEndpoint): string {
  const address = ip.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return `${address.join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}
