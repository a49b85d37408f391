import { valueOf } from "../model/fact.ts";
import { type Check, notKnown, passed, problem } from "./check.ts";

/** EC2, the kubernetes service and DNS list the same ENIs. */
export const sourcesAgree: Check = {
  topic: "sources",
  title: "EC2's ENIs, the kubernetes service's endpoints and private DNS answers agree",
  optional: true,
  run: ({ map }) => {
    const { sources } = map.coverage;
    if (sources.service.kind !== "known") return notKnown(sources.service);
    if (sources.enis.kind !== "known") return notKnown(sources.enis);
    const { source, ips } = sources.service.value;
    const behind = [
      ...sources.missingInService.map(
        (ip) =>
          `${ip} is an ENI but not in ${source}: no API server serves there, or the service lags`,
      ),
      ...sources.missingInEc2.map(
        (ip) => `${ip} is in ${source} but no ENI of EC2's: the service lags`,
      ),
      ...sources.unknownInDns.map((ip) => `${ip} is in DNS but no ENI of EC2's: DNS lags`),
    ];
    if (behind.length > 0) {
      return problem("warn", "the lists of the control plane's addresses differ", {
        details: behind,
        side: "aws",
        next: "an update under way shows like this for minutes; if it stays, kubectl get endpointslices -n default",
      });
    }
    const dns = valueOf(sources.dns) ?? [];
    const third = dns.some((ip) => ips.includes(ip)) ? " and DNS" : "";
    return passed(`EC2, ${source}${third} list the same ${ips.length} addresses`);
  },
};
