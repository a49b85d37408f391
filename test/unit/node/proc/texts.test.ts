import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalIp } from "../../../../src/model/ip.ts";
import { readCommand } from "../../../../src/node/proc/command.ts";
import { readContainerEnvironment } from "../../../../src/node/proc/container-environment.ts";
import { readEnviron } from "../../../../src/node/proc/environ.ts";
import { clusterDnsOf } from "../../../../src/node/proc/kubelet-config.ts";
import { readLocalAddresses, readPodAddresses } from "../../../../src/node/proc/local-addresses.ts";
import { readNetstat } from "../../../../src/node/proc/netstat.ts";
import { readNodeadmLog } from "../../../../src/node/proc/nodeadm-log.ts";
import { readPodNames, withDockerNames } from "../../../../src/node/proc/pod-names.ts";
import {
  readPs,
  readShims,
  readStats,
  readTasks,
  sysctlOf,
  taskOf,
} from "../../../../src/node/proc/process-list.ts";
import { readNameServers } from "../../../../src/node/proc/resolv-conf.ts";
import { hasCapability } from "../../../../src/node/proc/status.ts";

describe("the capabilities of a process", () => {
  it("are the bits of CapEff, and not of those that it may not use now", () => {
    const status = "Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000001000\n";
    expect(hasCapability(status, "netAdmin")).toBe(true);
    expect(hasCapability(status, "sysPtrace")).toBe(false);
    expect(hasCapability("Name:\tx\n", "netAdmin")).toBeUndefined();
  });

  it.skipIf(process.platform !== "linux")("are those of this process", () => {
    const status = readFileSync("/proc/self/status", "utf8");
    expect(hasCapability(status, "netAdmin")).toBeTypeOf("boolean");
  });
});

describe("an environment", () => {
  it("gives the proxy without its user, and where the API servers are", () => {
    const text =
      "PATH=/bin\0HTTPS_PROXY=http://u:p@proxy:3128/x\0NO_PROXY=a,b\0KUBERNETES_SERVICE_HOST=172.20.0.1\0KUBERNETES_SERVICE_PORT=6443\0";
    expect(readEnviron(text)).toEqual({
      proxy: {
        httpsProxy: "http://proxy:3128",
        variable: "HTTPS_PROXY",
        noProxy: ["a", "b"],
        unreadable: [],
      },
      service: { ip: "172.20.0.1", port: 6443 },
    });
  });

  it("takes the first of a variable that is set twice, as getenv does", () => {
    const text = "KUBERNETES_SERVICE_HOST=10.0.0.1\0KUBERNETES_SERVICE_HOST=10.0.0.2\0";
    expect(readEnviron(text).service).toEqual({ ip: "10.0.0.1", port: 443 });
  });

  it.each(["name.example", "", "10.0.0.1:443"])("has no service where its host is %j", (host) => {
    expect(readEnviron(`KUBERNETES_SERVICE_HOST=${host}\0`).service).toBeUndefined();
  });

  it.each(["0", "65536", "x", "-1"])("has no service where its port is %j", (port) => {
    const text = `KUBERNETES_SERVICE_HOST=10.0.0.1\0KUBERNETES_SERVICE_PORT=${port}\0`;
    expect(readEnviron(text).service).toBeUndefined();
  });
});

describe("resolv.conf", () => {
  it("names its servers in order", () => {
    const text =
      "# nameserver 9.9.9.9\nsearch a b\nnameserver 10.0.0.2\n nameserver 8.8.8.8\nnameserver\t fe80::1%eth0 # own\nnameserver name\noptions ndots:5\n";
    expect(readNameServers(text)).toEqual(["10.0.0.2", "fe80::1"]);
  });
});

describe("a host's own addresses", () => {
  it.skipIf(process.platform !== "linux")("are those that the system lists for this one", () => {
    const text = ["/proc/net/fib_trie", "/proc/net/if_inet6"]
      .map((path) => readFileSync(path, "utf8"))
      .join("\n");
    const own = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => canonicalIp(address));
    for (const ip of own) expect(readLocalAddresses(text)).toContain(ip);
    expect(readLocalAddresses(text)).not.toContain("127.0.0.1");
  });

  it("are without networks and broadcasts", () => {
    const text =
      "  |-- 10.0.96.0\n     /19 link UNICAST\n  |-- 10.0.105.163\n     /32 host LOCAL\n  |-- 10.0.127.255\n     /32 link BROADCAST\n";
    expect(readLocalAddresses(text)).toEqual(["10.0.105.163"]);
  });
});

describe("the addresses of pods", () => {
  it("are those that a route leads to alone, and no networks, broadcasts or own addresses", () => {
    const trie =
      "  |-- 10.0.96.0\n     /19 link UNICAST\n  |-- 10.0.105.77\n     /32 link UNICAST\n  |-- 10.0.105.163\n     /32 host LOCAL\n  |-- 10.0.127.255\n     /32 link BROADCAST\n";
    expect(readPodAddresses(trie)).toEqual(["10.0.105.77"]);
    const routes =
      "default via 10.0.96.1 dev eth0\n10.0.96.0/19 dev eth0 proto kernel scope link src 10.0.105.163\n10.0.105.77 dev eni3c6a1b2d4f5 scope link\n";
    expect(readPodAddresses(routes)).toEqual(["10.0.105.77"]);
  });
});

describe("a listing of netstat", () => {
  it("names the process of a socket, and gives none an inode that it could be looked up by", () => {
    const { sockets, cut } = readNetstat(
      "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name\n" +
        "tcp 0 39 10.0.105.163:46370 43.200.53.253:443 ESTABLISHED 3456/kubelet\n" +
        "tcp 0 0 10.0.105.163:46371 43.200.53.253:443 TIME_WAIT -\n" +
        "tcp6 0 0 :::10250 :::* LISTEN 3456/kubelet\n",
    );
    expect(sockets.map(({ pid, socket }) => [pid, socket.state, socket.inode])).toEqual([
      [3456, "established", 2],
      [undefined, "time-wait", 0],
      [3456, "listen", 4],
    ]);
    expect(sockets[0]?.socket).toMatchObject({ sendQueueBytes: 39, receiveQueueBytes: 0 });
    expect(cut).toBe(0);
  });

  it("counts the sockets whose address may have been cut, and shows none of them", () => {
    const listing = "tcp6 0 0 2001:db8:1234:5678:9:443 2001:db8:1234:5678:9:443 ESTABLISHED 1/a\n";
    expect(readNetstat(listing)).toEqual({ sockets: [], cut: 1 });
  });
});

function psLine(command: string): string {
  return `root 42 0.0 0.0 1 2 ? S 04:23 0:00 ${command}`;
}

describe("listings of processes", () => {
  it("give names with brackets, parents and the containers of ancestors", () => {
    const stats = readStats("7 (a) b) S 1 0 0\n8 (c) R 7 0\nrubbish\n9 (d\n");
    expect([...stats.values()].map(({ pid, name, parent }) => [pid, name, parent])).toEqual([
      [7, "a) b", 1],
      [8, "c", 7],
    ]);
    const id = "a".repeat(64);
    const tasks = readTasks(`TASK PID STATUS\n${id}    7    RUNNING\n`);
    expect(taskOf(8, stats, tasks)).toBe(id);
    expect(taskOf(1, stats, tasks)).toBeUndefined();
    const circle = readStats("7 (a) S 8 0\n8 (b) S 7 0\n");
    expect(taskOf(7, circle, new Map())).toBeUndefined();
  });

  it("of ps lose the tree that is drawn before them", () => {
    expect(readPs(psLine(" |   \\_ /usr/bin/a --b")).get(42)).toBe("/usr/bin/a --b");
    expect(readPs(psLine("[kthreadd]")).get(42)).toBe("[kthreadd]");
  });

  it("of this machine have this process", () => {
    const run = spawnSync("ps", ["fauxwww"], { encoding: "utf8" });
    if (run.status !== 0) {
      process.stderr.write("skipped: ps is not installed here, or not that of procps\n");
      return;
    }
    expect(readPs(run.stdout).get(process.pid)).toMatch(/node|vitest/);
  });

  it("of sysctl give one value by its whole name", () => {
    const text = "a.b_max = 1\na.b = 2\nb = 3\n";
    expect(sysctlOf(text, "a.b")).toBe("2");
    expect(sysctlOf(text, "a.b_max")).toBe("1");
    expect(sysctlOf(text, "b")).toBe("3");
    expect(sysctlOf(text, "b_max")).toBeUndefined();
  });
});

describe("kubelet's configuration", () => {
  it("tells its DNS servers in JSON and in YAML, and nothing where it has none", () => {
    expect(clusterDnsOf('{"clusterDNS":["172.20.0.10",5]}')).toEqual(["172.20.0.10"]);
    expect(clusterDnsOf("clusterDNS:\n- fd00::a\n")).toEqual(["fd00::a"]);
    expect(clusterDnsOf("{}")).toBeUndefined();
    expect(clusterDnsOf("clusterDNS: 172.20.0.10")).toBeUndefined();
  });
});

describe("a command line with secrets inside of an argument", () => {
  it.each([
    ["sh\0-c\0login --token abc123 --host x", "login --token [redacted]"],
    ['run\0{"password": "abc123"}', '{"password": "[redacted]'],
    ["run\0postgres://user:abc123@db:5432/x", "postgres://[redacted]@db:5432/x"],
    ["curl\0-u\0me:abc123", "[redacted]"],
    ["env\0MYSQL_PWD=abc123", "MYSQL_PWD=[redacted]"],
    [`run\0--key-id=${"Abc123/".repeat(6)}`, "--key-id=[redacted]"],
    [`run\0--id=/${"abc123".repeat(8)}`, "--id="],
  ])("loses them: %j", (text, shown) => {
    const command = readCommand(`${text}\0`);
    expect(command.join(" ")).not.toContain("abc123");
    expect(command.at(-1)).toContain(shown);
  });

  it.each([
    "--authorization-mode=Webhook",
    "--token-file=/etc/token",
    "--authentication-token-webhook-cache-ttl=2m",
    "/var/run/secrets/eks/token",
    "--kubeconfig=/var/lib/kubelet/kubeconfig",
    "--config=/etc/kubernetes/kubelet/kubelet-config.json",
    "--image-credential-provider-bin-dir=/etc/eks/image-credential-provider",
    "--node-labels=a=b,c=d",
    "https://1368909F.yl4.ap-northeast-2.eks.amazonaws.com",
  ])("keeps %j", (argument) => {
    expect(readCommand(`program\0${argument}\0`)).toEqual(["program", argument]);
  });
});

function shimsOf(text: string): unknown {
  return readShims(new Map([[1, text]]));
}

function dockerNamesOf(text: string): unknown {
  return withDockerNames(readPodNames([], []), text);
}

describe("every one of these texts", () => {
  it("may be anything", () => {
    const words = fc.constantFrom(
      "tcp",
      "constructor",
      "__proto__",
      "1 (a) S 1 ",
      "|--",
      "CapEff:",
    );
    const text = fc
      .array(fc.oneof(words, fc.string({ unit: "binary" }), fc.constantFrom(" ", "\n", "\0", ":")))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (any) => {
        for (const read of [
          readCommand,
          readEnviron,
          clusterDnsOf,
          readLocalAddresses,
          readPodAddresses,
          readNetstat,
          readNodeadmLog,
          readContainerEnvironment,
          shimsOf,
          dockerNamesOf,
          readPs,
          readStats,
          readTasks,
          readNameServers,
        ]) {
          read(any);
        }
        expect(hasCapability(any, "netAdmin")).not.toBeNull();
        expect(sysctlOf(any, any)).not.toBeNull();
      }),
    );
  });

  it("costs no more than its length", () => {
    const long = [
      "|".repeat(200_000),
      " ".repeat(200_000),
      "a".repeat(200_000),
      "-".repeat(200_000),
    ];
    for (const any of long) {
      expect(readPs(`root 1 0 0 0 0 ? S 0 0 ${any}`).size).toBeLessThan(2);
      expect(readStats(any).size).toBe(0);
      readNetstat(any);
      readNetstat(`tcp6 0 0 ${any}:1 ::${any}:443 ESTABLISHED 1/a`);
      readTasks(any);
      shimsOf(`containerd-shim ${any} moby -id ${any}`);
      dockerNamesOf(`${"a".repeat(64)} ${any} k8s_${any}`);
      dockerNamesOf(`${"a".repeat(64)} ${" k8s_a_a_a_a".repeat(20_000)}`);
      readNodeadmLog(`Loaded configuration ${any}{${any}`);
      readContainerEnvironment(`"CLUSTER_NAME=${any}`);
      readCommand(`x\0${any}`);
      readLocalAddresses(any);
      readNameServers(`nameserver ${any}`);
    }
  });
});
