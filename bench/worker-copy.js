import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const KUBE_PROXY = fileURLToPath(new URL("../test/support/kube-proxy-rules.ts", import.meta.url));

export const SOCKETS = 20_000;
export const PROCESSES = 2_000;
const SOCKETS_EACH = SOCKETS / PROCESSES;
/** Of one endpoint: five rules of each, as kube-proxy writes them. */
const SERVICES = 1_000;

const WORKER = "10.0.105.163";
const CLUSTER_IP = "172.20.0.1";
/** One in a hundred of all sockets: of every tenth process one. */
export const TO_API_SERVERS = SOCKETS / 100;

const FIRST_PID = 1_000;
const FIRST_INODE = 100_000;

/**
 * The rules of 1,000 services, as kube-proxy gives them to iptables-restore.
 * @returns {Promise<{ text: string, size: number }>} `size`: how many rules, some 5,000
 */
export async function kubeProxyRules(scratch) {
  const file = join(scratch, "kube-proxy-rules.mjs");
  const bundle = await rolldown({ input: KUBE_PROXY, platform: "node" });
  await bundle.write({ file, format: "esm" });
  await bundle.close();
  const { iptablesDocument } = await import(file);
  const services = Array.from({ length: SERVICES }, (_, at) =>
    at === 0
      ? {
          name: "default/kubernetes:https",
          ip: CLUSTER_IP,
          port: 443,
          endpoints: ["10.0.20.41:443", "10.0.95.229:443"],
        }
      : {
          name: `team-${at % 40}/service-${at}:http`,
          ip: `172.20.${at >> 8}.${at & 255}`,
          port: 8080,
          endpoints: [`10.0.${110 + (at >> 8)}.${at & 255}:8080`],
        },
  );
  const text = iptablesDocument(services);
  return { text, size: text.match(/^-A /gm).length };
}

/**
 * A copy of a worker's files: 20,000 connections in 2,000 processes, of them 200 to the service
 * address of the API servers. The others are to other ports, or with `allHttps` to 443 as well, so
 * that each needs its owner before it can be told that it is of no interest.
 */
export function writeWorkerCopy(root, rules, { allHttps }) {
  const write = (path, text) => writeFileSync(join(root, path), text);
  mkdirSync(join(root, "proc/1/net"), { recursive: true });
  mkdirSync(join(root, "proc/net"));
  mkdirSync(join(root, "proc/sys/kernel"), { recursive: true });
  write("iptables-save.txt", rules);
  write("proc/stat", "cpu 1 2 3\nbtime 1682060000\n");
  write("proc/uptime", "36000.50 70000.00\n");
  write("proc/sys/kernel/hostname", "ip-10-0-105-163.ap-northeast-2.compute.internal\n");
  write("proc/net/fib_trie", `Local:\n     |-- ${WORKER}\n        /32 host LOCAL\n`);
  write("proc/1/net/tcp", tableOf(allHttps));
  for (let at = 0; at < PROCESSES; at += 1) writeProcess(root, at);
}

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

function tableOf(allHttps) {
  const lines = Array.from({ length: SOCKETS }, (_, at) => {
    const isToServers = at % 100 === 0;
    const [ip, port] = isToServers
      ? [CLUSTER_IP, 443]
      : [`10.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`, allHttps ? 443 : 8080];
    const ends = `${endOf(WORKER, 32_768 + at)} ${endOf(ip, port)}`;
    return `${String(at).padStart(4)}: ${ends} 01 00000000:00000000 02:00000A1C 00000000     0        0 ${FIRST_INODE + at} 2 0000000000000000 20 4 30 10 -1`;
  });
  return `${[HEADER, ...lines].join("\n")}\n`;
}

function endOf(ip, port) {
  const bytes = ip.split(".").map((byte) => hex(Number(byte), 2));
  return `${bytes.toReversed().join("")}:${hex(port, 4)}`;
}

function hex(value, digits) {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

function writeProcess(root, at) {
  const pid = FIRST_PID + at;
  const folder = join(root, "proc", String(pid));
  const [name, group] =
    at === 0 ? ["kubelet", "/runtime.slice/kubelet.service"] : [`program-${at}`, podGroup(at)];
  mkdirSync(join(folder, "fd"), { recursive: true });
  mkdirSync(join(folder, "ns"));
  const fields = Array.from({ length: 30 }, (_, index) => (index === 17 ? "12000" : "0"));
  writeFileSync(join(folder, "comm"), `${name}\n`);
  writeFileSync(join(folder, "cmdline"), `/usr/bin/${name}\0--config=/etc/${name}.yaml\0`);
  writeFileSync(join(folder, "stat"), `${pid} (${name}) S 1 ${fields.join(" ")}\n`);
  writeFileSync(join(folder, "cgroup"), `0::${group}\n`);
  writeFileSync(
    join(folder, "environ"),
    `PATH=/usr/bin\0KUBERNETES_SERVICE_HOST=${CLUSTER_IP}\0KUBERNETES_SERVICE_PORT=443\0`,
  );
  symlinkSync("net:[4026531840]", join(folder, "ns/net"));
  for (const [fd, target] of ["/dev/null", "pipe:[4711]", "anon_inode:[eventpoll]"].entries())
    symlinkSync(target, join(folder, "fd", String(fd)));
  for (let index = 0; index < SOCKETS_EACH; index += 1) {
    const inode = FIRST_INODE + at * SOCKETS_EACH + index;
    symlinkSync(`socket:[${inode}]`, join(folder, "fd", String(3 + index)));
  }
}

function podGroup(at) {
  const uid = `5d3c0f4e_8e0b_4c0a_9f8e_${hex(at, 12).toLowerCase()}`;
  const id = hex(at, 8).toLowerCase().repeat(8);
  return `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${id}.scope`;
}
