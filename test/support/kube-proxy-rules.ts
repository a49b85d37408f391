import { createHash } from "node:crypto";

/** A service's port, as kube-proxy is told of it. */
export interface ProxiedService {
  /** `default/kubernetes:https` */
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  /** `10.0.20.41:443` */
  readonly endpoints: readonly string[];
  readonly sticky?: boolean;
}

/** The cluster of the field notes, and its neighbours. */
export const NOTED_SERVICES: readonly ProxiedService[] = [
  {
    name: "default/kubernetes:https",
    ip: "172.20.0.1",
    port: 443,
    endpoints: ["10.0.20.41:443", "10.0.95.229:443"],
  },
  {
    name: "default/nginx-service",
    ip: "172.20.44.213",
    port: 80,
    endpoints: ["10.0.100.108:8080", "10.0.100.119:8080", "10.0.103.62:8080"],
  },
  {
    name: "kube-system/kube-dns:dns-tcp",
    ip: "172.20.0.10",
    port: 53,
    endpoints: ["10.0.101.7:53", "10.0.102.9:53"],
    sticky: true,
  },
  { name: "default/idle:http", ip: "172.20.99.9", port: 8080, endpoints: [] },
];

export function base32Of(text: string, length: number): string {
  const bits = [...createHash("sha256").update(text).digest()]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  return Array.from({ length }, (_, index) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(
      Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2),
    ),
  ).join("");
}

export function svcChain({ name }: ProxiedService): string {
  return `KUBE-SVC-${base32Of(`${name}tcp`, 16)}`;
}

export function sepChain({ name }: ProxiedService, endpoint: string): string {
  return `KUBE-SEP-${base32Of(`${name}tcp${endpoint}`, 16)}`;
}

/** As kube-proxy writes it: ten digits. */
function written(share: number): string {
  return share.toFixed(10);
}

/** As the kernel, which keeps 31 bits of it, gives it back to iptables. */
export function printed(share: number): string {
  return (Math.round(share * 2 ** 31) / 2 ** 31).toFixed(11);
}

/** What else is in the nat table of a worker, of the VPC CNI and of kubelet. */
const NEIGHBOURS = `\
-A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0
-A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
-A AWS-CONNMARK-CHAIN-0 -d 10.0.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j RETURN
-A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80
-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.0.105.163 --random-fully
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
`;

const NEIGHBOUR_CHAINS = ["AWS-CONNMARK-CHAIN-0", "AWS-SNAT-CHAIN-0", "KUBE-KUBELET-CANARY"];

export interface IptablesForm {
  readonly share?: (share: number) => string;
  /** Without the rules of others, whose ranges are of IPv4. */
  readonly alone?: boolean;
}

/** Rules of the services, one a line; `KUBE-SERVICES` first. */
function iptablesRules(
  services: readonly ProxiedService[],
  share: (share: number) => string = written,
): string[] {
  return services
    .filter(({ endpoints }) => endpoints.length > 0)
    .flatMap((service) => {
      const { name, ip, port, endpoints, sticky } = service;
      const svc = svcChain(service);
      const to = `-m tcp -p tcp -d ${ip} --dport ${port}`;
      const others = ip.includes(":") ? "fd00:10::/64" : "10.0.0.0/16";
      const affinity = endpoints.map(
        (each) =>
          `-A ${svc} -m comment --comment "${name} -> ${each}" -m recent --name ${sepChain(service, each)} --rcheck --seconds 10800 --reap -j ${sepChain(service, each)}`,
      );
      const lottery = endpoints.map((each, index) => {
        const chance = share(1 / (endpoints.length - index));
        const random =
          index === endpoints.length - 1
            ? ""
            : ` -m statistic --mode random --probability ${chance}`;
        return `-A ${svc} -m comment --comment "${name} -> ${each}"${random} -j ${sepChain(service, each)}`;
      });
      const ends = endpoints.flatMap((each) => {
        const sep = sepChain(service, each);
        const own = each.startsWith("[") ? each.slice(1, each.indexOf("]")) : each.split(":")[0];
        const seen = sticky === true ? `-m recent --name ${sep} --set ` : "";
        return [
          `-A ${sep} -m comment --comment "${name}" -s ${own} -j KUBE-MARK-MASQ`,
          `-A ${sep} -m comment --comment "${name}" ${seen}-m tcp -p tcp -j DNAT --to-destination ${each}`,
        ];
      });
      return [
        `-A KUBE-SERVICES -m comment --comment "${name} cluster IP" ${to} -j ${svc}`,
        `-A ${svc} -m comment --comment "${name} cluster IP" ${to} ! -s ${others} -j KUBE-MARK-MASQ`,
        ...(sticky === true ? affinity : []),
        ...lottery,
        ...ends,
      ];
    });
}

/** What `iptables-restore` is given for the whole of it: tables nat and filter. */
export function iptablesDocument(
  services: readonly ProxiedService[],
  { share = written, alone = false }: IptablesForm = {},
): string {
  const chains = services.flatMap((service) =>
    service.endpoints.length === 0
      ? []
      : [svcChain(service), ...service.endpoints.map((each) => sepChain(service, each))],
  );
  const others = alone ? [] : NEIGHBOUR_CHAINS;
  const own = ["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-MARK-MASQ", "KUBE-POSTROUTING"];
  const refused = services
    .filter(({ endpoints }) => endpoints.length === 0)
    .map(
      ({ name, ip, port }) =>
        `-A KUBE-SERVICES -m comment --comment "${name} has no endpoints" -m tcp -p tcp -d ${ip} --dport ${port} -j REJECT`,
    );
  return `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
${[...own, ...others, ...new Set(chains)].map((chain) => `:${chain} - [0:0]`).join("\n")}
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
${alone ? "" : NEIGHBOURS}${iptablesRules(services, share).join("\n")}
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
${refused.join("\n")}
COMMIT
`;
}

function nftPath({ name }: ProxiedService): string {
  const [path = "", port = ""] = name.split(":");
  return `${path}/tcp/${port}`;
}

export function nftService(service: ProxiedService): string {
  return `${base32Of(nftPath(service), 8)}-${nftPath(service)}`;
}

export function nftEndpoint(service: ProxiedService, endpoint: string): string {
  const colon = endpoint.lastIndexOf(":");
  const host = endpoint.slice(0, colon).replaceAll(/[[\]]/g, "").replaceAll(":", ".");
  const path = `${nftPath(service)}__${host}/${endpoint.slice(colon + 1)}`;
  return `${base32Of(path, 8)}-${path}`;
}

/** What kube-proxy's nftables mode gives to `nft -f -`. */
export function nftDocument(services: readonly ProxiedService[]): string {
  const address = "type ipv4_addr . inet_proto . inet_service : verdict";
  const rules = services.flatMap((service) => {
    const { ip, port, endpoints, sticky, name } = service;
    const chain = `service-${nftService(service)}`;
    if (endpoints.length === 0)
      return [
        `add element ip kube-proxy no-endpoint-services { ${ip} . tcp . ${port} comment "${name}" : goto reject-chain }`,
      ];
    const ends = endpoints.map((each) => ({ to: each, chain: nftEndpoint(service, each) }));
    return [
      ...ends.map(({ chain: end }) => `add chain ip kube-proxy endpoint-${end}`),
      ...(sticky === true
        ? ends.map(
            ({ chain: end }) =>
              `add set ip kube-proxy affinity-${end} { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; }`,
          )
        : []),
      `add chain ip kube-proxy ${chain}`,
      `add rule ip kube-proxy ${chain} ip daddr ${ip} tcp dport ${port} ip saddr != 10.0.0.0/16 jump mark-for-masquerade`,
      ...(sticky === true
        ? ends.map(
            ({ chain: end }) =>
              `add rule ip kube-proxy ${chain} ip saddr @affinity-${end} goto endpoint-${end}`,
          )
        : []),
      `add rule ip kube-proxy ${chain} numgen random mod ${ends.length} vmap { ${ends.map(({ chain: end }, index) => `${index} : goto endpoint-${end}`).join(" , ")} }`,
      ...ends.flatMap(({ to, chain: end }) => [
        `add rule ip kube-proxy endpoint-${end} ip saddr ${to.split(":")[0]} jump mark-for-masquerade`,
        ...(sticky === true
          ? [`add rule ip kube-proxy endpoint-${end} update @affinity-${end} { ip saddr }`]
          : []),
        `add rule ip kube-proxy endpoint-${end} meta l4proto tcp dnat to ${to}`,
      ]),
      `add element ip kube-proxy cluster-ips { ${ip} }`,
      `add element ip kube-proxy service-ips { ${ip} . tcp . ${port} : goto ${chain} }`,
    ];
  });
  return `add table ip kube-proxy { comment "rules for kube-proxy" ; }
add set ip kube-proxy cluster-ips { type ipv4_addr ; comment "Active ClusterIPs" ; }
add set ip kube-proxy nodeport-ips { type ipv4_addr ; comment "IPs that accept NodePort traffic" ; }
add map ip kube-proxy no-endpoint-services { ${address} ; comment "vmap to drop or reject packets to services with no endpoints" ; }
add map ip kube-proxy service-ips { ${address} ; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic" ; }
add map ip kube-proxy service-nodeports { type inet_proto . inet_service : verdict ; comment "NodePort traffic" ; }
add chain ip kube-proxy nat-output { type nat hook output priority -100 ; }
add chain ip kube-proxy nat-prerouting { type nat hook prerouting priority -100 ; }
add chain ip kube-proxy nat-postrouting { type nat hook postrouting priority 100 ; }
add chain ip kube-proxy filter-forward { type filter hook forward priority 0 ; }
add chain ip kube-proxy filter-output { type filter hook output priority 0 ; }
add chain ip kube-proxy services
add chain ip kube-proxy cluster-ips-check
add chain ip kube-proxy masquerading
add chain ip kube-proxy mark-for-masquerade
add chain ip kube-proxy reject-chain { comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; }
add chain ip kube-proxy service-endpoints-check
add rule ip kube-proxy cluster-ips-check ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
add rule ip kube-proxy cluster-ips-check ip daddr { 172.20.0.0/16 } drop comment "Drop traffic to unallocated ClusterIPs"
add rule ip kube-proxy filter-forward ct state new jump service-endpoints-check
add rule ip kube-proxy filter-forward ct state new jump cluster-ips-check
add rule ip kube-proxy filter-output ct state new jump service-endpoints-check
add rule ip kube-proxy filter-output ct state new jump cluster-ips-check
add rule ip kube-proxy nat-output jump services
add rule ip kube-proxy nat-prerouting jump services
add rule ip kube-proxy nat-postrouting jump masquerading
add rule ip kube-proxy masquerading mark and 0x4000 == 0 return
add rule ip kube-proxy masquerading mark set mark xor 0x4000
add rule ip kube-proxy masquerading masquerade fully-random
add rule ip kube-proxy mark-for-masquerade mark set mark or 0x4000
add rule ip kube-proxy reject-chain reject
add rule ip kube-proxy service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services
add rule ip kube-proxy services ip daddr . meta l4proto . th dport vmap @service-ips
add rule ip kube-proxy services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
${rules.join("\n")}
`;
}
