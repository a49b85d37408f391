import { dnsServiceIp, firstServiceIp, normalizeCidr } from "../apiserver/service-network.ts";
import type { KubeconfigWorld } from "../client/kubeconfig.ts";
import type { LabWorker } from "../scenario/worker.ts";
import type { LabCluster } from "../scenario.ts";
import { conntrackTable } from "./conntrack.ts";
import { iptablesSave } from "./iptables.ts";
import { ipvsTable } from "./ipvs.ts";
import { nftTable } from "./nft.ts";
import { isIn, processFiles } from "./processes.ts";
import { routeTable } from "./routes.ts";
import { settingsFiles } from "./settings.ts";
import { numbered, socketTables } from "./sockets.ts";
import type { WorkerFiles } from "./write.ts";

/** Where the scenario's VPC has no range of its own. */
const SOME_VPC = "10.0.0.0/16";

/**
 * A worker's files, by their paths on it, and beside them what its tools would print; pure. None
 * where the scenario has no such cluster.
 */
export function workerFiles(worker: LabWorker, world: KubeconfigWorld): WorkerFiles {
  const { scenario } = world;
  const cluster = scenario.clusters.find(({ name }) => name === worker.cluster);
  if (cluster === undefined) return {};
  const sockets = numbered(worker.sockets);
  const service = firstServiceIp(cluster.serviceIpv4Cidr);
  const [vpcCidr = SOME_VPC] = scenario.vpcs[cluster.vpcId] ?? [];
  return {
    ...machineFiles(worker, world.nowMs),
    ...settingsFiles({
      cluster,
      region: scenario.region,
      certificateAuthority: world.certificateAuthorityOf(cluster.name),
      clusterDns: dnsServiceIp(cluster.serviceIpv4Cidr),
      nameServers: worker.nameServers,
    }),
    ...processFiles(worker, sockets, { ip: service }),
    ...hostNetwork(worker, sockets),
    ...ruleFiles(worker, cluster, vpcCidr, world.nowMs),
  };
}

function machineFiles({ hostname, upSeconds, conntrack }: LabWorker, nowMs: number): WorkerFiles {
  const seconds = Math.floor(nowMs / 1_000);
  const boot = seconds - Math.round(upSeconds);
  const up = (Math.round(upSeconds) + (nowMs - seconds * 1_000) / 1_000).toFixed(2);
  return {
    "proc/sys/kernel/hostname": `${hostname}\n`,
    "proc/stat": `cpu  0 0 0 0 0 0 0 0 0 0\nctxt 0\nbtime ${boot}\nprocesses 30000\n`,
    "proc/uptime": `${up} ${up}\n`,
    "proc/sys/net/netfilter/nf_conntrack_count": `${conntrack.count}\n`,
    "proc/sys/net/netfilter/nf_conntrack_max": `${conntrack.max}\n`,
  };
}

function hostNetwork(worker: LabWorker, sockets: ReturnType<typeof numbered>): WorkerFiles {
  const { addresses, pods, processes, rules } = worker;
  const elsewhere = new Set(
    pods
      .filter(({ ip }) => ip !== undefined)
      .flatMap((pod) => processes.filter((process) => isIn(process, pod)))
      .map(({ pid }) => pid),
  );
  const { tcp, tcp6 } = socketTables(
    sockets.filter(({ socket: { pid } }) => pid === undefined || !elsewhere.has(pid)),
  );
  const podIps = pods.flatMap(({ ip }) => ip ?? []);
  return {
    "proc/1/net/tcp": tcp,
    "proc/1/net/tcp6": tcp6,
    "proc/1/net/fib_trie": routeTable({ addresses, podIps, rules }),
    "proc/1/net/nf_conntrack": conntrackTable(worker),
  };
}

/** What nft 1.0.4 prints where there is no table. */
const NO_TABLES =
  '{"nftables": [{"metainfo": {"version": "1.0.4", "release_name": "Lester Gooch #3", "json_schema_version": 1}}]}\n';

function ruleFiles(
  worker: LabWorker,
  cluster: LabCluster,
  vpcCidr: string,
  nowMs: number,
): WorkerFiles {
  const [address = ""] = worker.addresses;
  if (worker.rules.length === 0) {
    return {
      "iptables-save.txt": iptablesSave("iptables-legacy", nowMs, undefined),
      "nft.json": NO_TABLES,
    };
  }
  const files = worker.rules.map(({ backend, services }): WorkerFiles => {
    switch (backend) {
      case "iptables-legacy":
        return {
          "proc/1/net/ip_tables_names": "nat\n",
          "iptables-legacy-save.txt": iptablesSave(backend, nowMs, { services, vpcCidr, address }),
        };
      case "iptables-nft":
        return {
          "iptables-nft-save.txt": iptablesSave(backend, nowMs, { services, vpcCidr, address }),
        };
      case "nftables": {
        const serviceCidr = normalizeCidr(cluster.serviceIpv4Cidr);
        return { "nft.txt": nftTable({ services, vpcCidr, serviceCidr }) };
      }
      case "ipvs":
        return { "proc/1/net/ip_vs": ipvsTable(services, worker.sockets) };
    }
  });
  return Object.assign({}, ...files);
}
