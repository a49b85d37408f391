import { valueOf } from "../../model/fact.ts";
import type { ControlPlaneMap } from "../../model/map.ts";
import { type Check, notKnown, passed, problem } from "../check.ts";

const LIST = "kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes";

/** EC2, the kubernetes service and DNS list the same ENIs. */
export const sourcesAgree: Check = {
  topic: "sources",
  title: "EC2's ENIs, the kubernetes service's endpoints and private DNS answers agree",
  optional: true,
  needs: ["C02"],
  run: ({ map }) => {
    const { sources } = map.coverage;
    if (sources.service.kind !== "known") {
      return notKnown(
        sources.service,
        "kubectl auth can-i list endpointslices.discovery.k8s.io -n default",
      );
    }
    if (sources.enis.kind !== "known") return notKnown(sources.enis, "see C02");
    const { source, ips } = sources.service.value;
    const behind = [
      ...sources.missingInService.map(
        (ip) => `${ip} is an ENI, not in ${source}: ${whyMissing(ip, map)}`,
      ),
      ...sources.missingInEc2.map(
        (ip) => `${ip} is in ${source}, but no ENI of EC2's: the service lags`,
      ),
      ...sources.unknownInDns.map((ip) => `${ip} is in DNS, but no ENI of EC2's: DNS lags`),
    ];
    if (behind.length > 0) {
      return problem("warn", "the lists of the control plane's addresses differ", {
        details: behind,
        side: "aws",
        next: `${LIST}   # again in some minutes: an update under way shows like this and passes`,
      });
    }
    const dns = valueOf(sources.dns) ?? [];
    const lists = dns.some((ip) => ips.includes(ip))
      ? `EC2, ${source} and DNS`
      : `EC2 and ${source}`;
    return passed(`${lists} list the same ${ips.length} addresses`);
  },
};

/** Whoever answers there settles which of the two is behind. */
function whyMissing(ip: string, { paths, apiServers }: ControlPlaneMap): string {
  const ids = paths.flatMap(({ address, apiServer }) =>
    address.startsWith(`${ip}:`) || address.startsWith(`[${ip}]:`) ? (apiServer ?? []) : [],
  );
  const server = apiServers.find(({ id }) => ids.includes(id));
  return server
    ? `${server.id} answers there, so the service lags`
    : "no API server serves there, or the service lags";
}
