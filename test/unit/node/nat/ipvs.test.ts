import { describe, expect, test } from "vitest";
import { readIpvs } from "../../../../src/node/nat/ipvs.ts";

function target(
  ip: string,
  port: number,
  weight: number,
  probability: number | undefined,
): unknown {
  return { to: { ip, port }, probability, chain: undefined, weight };
}

const KUBERNETES = {
  backend: "ipvs",
  service: { ip: "172.20.0.1", port: 443 },
  name: undefined,
  chain: undefined,
  targets: [target("10.0.20.41", 443, 1, 0.5), target("10.0.95.229", 443, 1, 0.5)],
  oddities: [],
};

const HEADER = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
`;

// Written by net/netfilter/ipvs/ip_vs_ctl.c: "%s  %08X:%04X %s %s " and "  -> %08X:%04X      %-7s %-6d %-10d %-10d".
const PROC = `${HEADER}TCP  AC140001:01BB rr  
  -> 0A005FE5:01BB      Masq    1      2          0         
  -> 0A001429:01BB      Masq    1      0          0         
UDP  AC14000A:0035 rr  
  -> 0A006507:0035      Masq    1      0          7         
FWM  00000001 rr 
  -> 0A006508:0035      Masq    1      0          7         
TCP  AC14000A:0035 rr persistent 10800 FFFFFFFF
  -> 0A006507:0035      Masq    1      0          0         
`;

describe("services of IPVS", () => {
  test("are read from /proc/net/ip_vs, whose addresses are hexadecimal", () => {
    const [kubernetes, dns, ...more] = readIpvs(PROC);
    expect(kubernetes).toEqual({ ...KUBERNETES, targets: KUBERNETES.targets.toReversed() });
    expect(dns).toMatchObject({
      service: { ip: "172.20.0.10", port: 53 },
      targets: [target("10.0.101.7", 53, 1, 1)],
    });
    expect(more).toEqual([]);
  });

  test("are the same from ipvsadm -Ln and from ipvsadm --save -n", () => {
    const list = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  172.20.0.1:443 rr
  -> 10.0.20.41:443               Masq    1      2          0
  -> 10.0.95.229:443              Masq    1      0          0
UDP  172.20.0.10:53 rr
  -> 10.0.101.7:53                Masq    1      0          0
`;
    const save = `-A -t 172.20.0.1:443 -s rr
-a -t 172.20.0.1:443 -r 10.0.20.41:443 -m -w 1
-a -t 172.20.0.1:443 -r 10.0.95.229:443 -m -w 1
-A -u 172.20.0.10:53 -s rr
-a -u 172.20.0.10:53 -r 10.0.101.7:53 -m -w 1
`;
    for (const text of [list, save]) expect(readIpvs(text)).toEqual([KUBERNETES]);
  });

  test("of the log collector, which saves names, are known where the names are EC2's", () => {
    const save = `-A -t ip-172-20-0-1.ap-northeast-2.compute.internal:https -s rr
-a -t ip-172-20-0-1.ap-northeast-2.compute.internal:https -r ip-10-0-20-41.ap-northeast-2.compute.internal:https -m -w 1
-a -t ip-172-20-0-1.ap-northeast-2.compute.internal:https -r ip-10-0-95-229.ap-northeast-2.compute.internal:https -m -w 1
-A -t web.example.com:https -s rr
`;
    expect(readIpvs(save)).toEqual([KUBERNETES]);
  });

  test("have the weight of ipvsadm's default where none is written", () => {
    const save = "-A -t 172.20.0.1:443 -s rr\n-a -t 172.20.0.1:443 -r 10.0.20.41:443 -m\n";
    expect(readIpvs(save)[0]?.targets).toEqual([target("10.0.20.41", 443, 1, 1)]);
  });

  test("of IPv6 are in full and hexadecimal from the kernel, in short and decimal from ipvsadm", () => {
    const full = "2600:1f18:1111:2222:3333:4444:5555";
    const kernel = `${HEADER}TCP  [${full}:6666]:2001 rr
  -> [${full}:7777]:2002      Masq    1      0          0         
`;
    const [service] = readIpvs(kernel);
    expect(service?.service).toEqual({ ip: `${full}:6666`, port: 0x2001 });
    expect(service?.targets[0]?.to).toEqual({ ip: `${full}:7777`, port: 0x2002 });
    const [headless] = readIpvs("TCP  [fd00:0172:0000:0000:0000:0000:0000:0001]:0443 rr");
    expect(headless?.service).toEqual({ ip: "fd00:172::1", port: 0x443 });
    const tool = `TCP  [${full}:6666]:8443 rr\n  -> [fd00::29]:8443   Masq    1      0          0`;
    const [short] = readIpvs(tool);
    expect(short?.service).toEqual({ ip: `${full}:6666`, port: 8443 });
    expect(short?.targets[0]?.to).toEqual({ ip: "fd00::29", port: 8443 });
  });
});

const shares = (scheduler: string, ...weights: number[]): unknown[] | undefined =>
  readIpvs(
    [
      `TCP  172.20.0.1:443 ${scheduler}`,
      ...weights.map((weight, index) => `  -> 10.0.20.${index + 1}:443 Masq ${weight} 0 0`),
    ].join("\n"),
  )[0]?.targets.map(({ probability }) => probability);

describe("shares of IPVS", () => {
  test("are even in turn, by weight in weighted turn, and not known by load", () => {
    expect(shares("rr", 1, 3)).toEqual([0.5, 0.5]);
    expect(shares("wrr", 1, 3)).toEqual([0.25, 0.75]);
    expect(shares("lc", 1, 1)).toEqual([undefined, undefined]);
    expect(shares("sh", 1)).toEqual([1]);
  });

  test("leave out a server of weight 0, and say so", () => {
    expect(shares("rr", 1, 0)).toEqual([1, 0]);
    expect(shares("lc", 2, 0, 1)).toEqual([undefined, 0, undefined]);
    expect(readIpvs("TCP 172.20.0.1:443 rr\n-> 10.0.20.41:443 Masq 0 0 0")[0]?.oddities).toEqual([
      "10.0.20.41:443 has weight 0: no new connection is led there",
    ]);
  });

  test("a service without servers says that it refuses", () => {
    expect(readIpvs("TCP  172.20.0.1:443 rr")).toMatchObject([
      { targets: [], oddities: ["has no endpoints here: new connections are refused"] },
    ]);
  });
});
