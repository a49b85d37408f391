import { type Check, notKnown, passed, problem, skippedCheck } from "../check.ts";

/** Clients inside the cluster verify the servers under the service's address. */
export const clusterIpIsNamed: Check = {
  topic: "service",
  title: "every certificate names the kubernetes service's ClusterIP",
  optional: true,
  run: ({ map }) => {
    const { clusterIp } = map.coverage;
    if (clusterIp.kind !== "known") return notKnown(clusterIp, "aws eks describe-cluster");
    const { ip, inCertificates } = clusterIp.value;
    switch (inCertificates) {
      case "yes":
        return passed(`every certificate names the service's ${ip}`);
      case "no":
        return problem("warn", `a certificate lacks the kubernetes service's address ${ip}`, {
          details: ["pods that dial the service by address refuse it"],
          side: "server",
          next: "compare the IP SANs (--wide) with: kubectl get service kubernetes -n default",
        });
      case "unknown":
        return skippedCheck("no certificate was seen");
    }
  },
};
