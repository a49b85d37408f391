import type { TlsCode } from "../model/finding-code.ts";
import type { Explanation } from "./explanation.ts";

export const TLS_EXPLANATIONS: Readonly<Record<TlsCode, Explanation>> = {
  T01: {
    means:
      "Every API server of a cluster shows a certificate that the cluster's own CA signed, that is valid today, and that names the endpoint. One that does not is refused by kubectl with an x509 error, and so is it here: no token is sent there.",
    found:
      "Each probe verifies the handshake against the CA of DescribeCluster and the endpoint's host name, also where it dials an IP. T04, T05 and T06 say which of the usual reasons it is; this finding then is their symptom.",
    fix: [
      "openssl s_client -connect ADDRESS:443 -showcerts </dev/null   # who answers, and who signed for it",
      "Read T04 (something inspects TLS), T05 (another cluster answers) and T06 (dates) beside it.",
    ],
    sources: [
      "EKS API reference: Cluster, certificateAuthority",
      "field notes: certificates of two clusters",
    ],
    rows: [17, 19, 22],
  },
  T02: {
    means:
      "EKS renews its servers' certificates long before they end. One that is near its end was forgotten, and on that day every client loses that API server.",
    found:
      "The last day of every certificate met, against the number of days that are expected: 30, or what --expect-certificate-days and the configuration file say.",
    fix: [
      "eks-probe endpoints --cluster NAME --wide   # serial numbers and audit ids for AWS support",
      "Updating the cluster's version replaces the servers, and their certificates with them.",
    ],
    sources: ["field notes: leaves of one year, which EKS replaces with the servers"],
    rows: [22],
  },
  T03: {
    means:
      "Strict TLS stacks want every certificate to name its issuer's key (authority key identifier). Python 3.13 and later are strict by default and refuse one without, while kubectl goes on working.",
    found: "The extensions of every certificate met.",
    fix: [
      "Update the cluster's version: new servers come with new certificates.",
      "Until then turn VERIFY_X509_STRICT off in the clients that need it, and nothing else.",
    ],
    sources: [
      "RFC 5280, 4.2.1.1",
      "Python documentation: ssl.create_default_context, changed in 3.13",
    ],
    rows: [],
  },
  T04: {
    means:
      "Something on the way ends TLS and signs with a CA of its own: a proxy or firewall that inspects TLS, or a proxy, ingress or tunnel that listens where the API server should. kubectl says: x509: certificate signed by unknown authority.",
    found:
      "The certificate does not verify, and its issuer is not called CN=kubernetes, as the CA of every EKS cluster is. Where it still names the endpoint it was made for this connection: that is inspection.",
    fix: [
      "Have the endpoint's host left out of TLS inspection; its certificates are private, so no inspection can work.",
      "env | grep -i proxy   # put the endpoint, or .eks.amazonaws.com, into NO_PROXY",
      "Never work round it with insecure-skip-tls-verify: the token then goes to the proxy.",
    ],
    sources: [
      "hashicorp/terraform-provider-kubernetes#1059",
      "aws/containers-roadmap#209",
      "eksctl-io/eksctl#7812",
    ],
    rows: [19, 40],
  },
  T05: {
    means:
      "A cluster's API server answers, but not this cluster's: addresses are reused, networks overlap, and a hosts entry or a DNS record of one's own outlives the cluster it was made for.",
    found:
      "The certificate does not verify and is issued by CN=kubernetes, or it names the endpoint of another cluster. Where the address is private and EC2 lists no ENI of this cluster there, that is said too.",
    fix: [
      "getent ahosts ENDPOINT   # a hosts entry or a record of your own that leads elsewhere",
      "Look for VPCs with the same range behind one VPN or transit gateway.",
      "aws eks update-kubeconfig --name NAME   # if the cluster was made anew, endpoint and CA are new",
    ],
    sources: ["aws/containers-roadmap#1827", "ministryofjustice/cloud-platform#8103"],
    rows: [17],
  },
  T06: {
    means:
      "A certificate is past its end or before its beginning, by this host's clock. Either the clock is wrong, which is frequent in VMs and WSL2, or EKS has not renewed the certificate, which is rare.",
    found:
      "By the servers' Date headers: where the certificate is good at the time they tell, this clock is wrong. Where the clocks agree, or this clock finds other servers' certificates good, the certificate is overdue.",
    fix: [
      "timedatectl   # is the clock synchronised? then chronyc tracking",
      "sudo hwclock --hctosys   # in WSL2 and VMs that slept",
      "If the clock is right: open a case with AWS support; only EKS can renew these certificates.",
    ],
    sources: ["RFC 5280, 4.1.2.5", "field notes: validity of the leaves of two clusters"],
    rows: [22],
  },
  T07: {
    means:
      "The kubeconfig of this machine trusts another CA than the cluster has, trusts nobody, or does not verify at all. With another CA kubectl says: x509: certificate signed by unknown authority, while this program, which asks EKS for the CA, gets through.",
    found:
      "The certificates in the kubeconfig's contexts that mean this cluster, compared with the CA of DescribeCluster. A context that leads through a gateway of another name is left out.",
    fix: [
      "aws eks update-kubeconfig --name NAME   # writes endpoint and CA as they are now",
      "Remove insecure-skip-tls-verify from the cluster's entry.",
    ],
    sources: [
      "EKS user guide: creating kubeconfig files",
      "Kubernetes documentation: kubeconfig v1",
    ],
    rows: [20],
  },
  T08: {
    means:
      "A client compares the host in the kubeconfig's server with the names in the certificate. Through a tunnel, an address or an alias of one's own they differ, and kubectl says: x509: certificate is valid for A, B, not for C.",
    found:
      "The server of each context that means this cluster, or its tls-server-name, against the names in every certificate that was met.",
    fix: [
      "kubectl --tls-server-name ENDPOINT get --raw /version   # works? write it into the cluster's entry",
      "Or keep the endpoint's name and lead it to the tunnel by the hosts file.",
      "aws eks update-kubeconfig --name NAME   # if it is the endpoint of an earlier cluster",
    ],
    sources: [
      "aws/containers-roadmap#413",
      "aws/containers-roadmap#577",
      "eksctl-io/eksctl#7812",
      "Kubernetes documentation: kubeconfig v1, tls-server-name",
    ],
    rows: [20, 21],
  },
};
