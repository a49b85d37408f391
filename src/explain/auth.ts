import type { AuthCode } from "../model/finding-code.ts";
import type { Explanation } from "./explanation.ts";
import { KUBECTL_AUTH_EXPLANATIONS } from "./kubectl-auth.ts";

const AUTHENTICATOR = "kubernetes-sigs/aws-iam-authenticator, pkg/token";

export const AUTH_EXPLANATIONS: Readonly<Record<AuthCode, Explanation>> = {
  ...KUBECTL_AUTH_EXPLANATIONS,
  A01: {
    means:
      "Credentials of AWS were found, AWS takes them, and a token was signed with them. Without them nothing can be asked of AWS, and the API servers see nobody. kubectl says: getting credentials: exec: executable aws failed.",
    found:
      "The search for credentials in the environment, the profile and this machine's role, and what AWS said of them when it was asked for the cluster. Signing itself asks nobody.",
    fix: [
      "aws configure list   # which credentials are found, and from where",
      "aws sso login   # where the profile signs in through IAM Identity Center",
      "aws sts get-caller-identity   # whether AWS takes them at all",
    ],
    sources: [
      "aws/aws-cli#5971",
      "telepresenceio/telepresence#2793",
      "gruntwork-io/kubergrunt#254",
    ],
    rows: [31, 35],
  },
  A02: {
    means:
      "The API servers accept the token and let its user read /api. A 401 means that they do not know who asks; a 403 that they do, and that this user may not. They tell nobody why: all reasons for a 401 look alike from outside.",
    found:
      "The status of every answer to a request that carried the token. Where all refuse it, STS is asked about a token like it: A03 (clock), A08 (the token) and A09 (the mapping) then say why. Where only some do, P08 and A16 say it.",
    fix: [
      "eks-probe endpoints --cluster NAME --deep   # asks STS and the access entries in any case",
      "aws eks list-access-entries --cluster-name NAME   # is this identity among them?",
      "Turn on the control plane's authenticator log: it alone has the reason for each refusal.",
    ],
    sources: [
      "kubernetes-sigs/aws-iam-authenticator, pkg/server",
      "EKS user guide: grant IAM users and roles access to Kubernetes APIs",
      "recordings of kube-apiserver 1.20 and 1.36",
    ],
    rows: [25, 30, 37],
  },
  A03: {
    means:
      "A token is good for 15 minutes after its date, and STS takes none that is more than 5 minutes early. A host whose clock is off signs tokens that are refused from the start. The clocks of VMs and of WSL2 stop while the host sleeps.",
    found:
      "The Date header of every answer against this host's clock. Where servers differ among themselves, it is that server's clock; else it is this one. It counts as the cause of a 401 only where it is off by enough.",
    fix: [
      "timedatectl   # is the clock synchronised? then chronyc tracking",
      "sudo hwclock --hctosys   # in WSL2 and VMs that slept",
      "A server's own clock is EKS's to mend: AWS support, with the audit ids of --wide.",
    ],
    sources: [AUTHENTICATOR, "kubernetes-sigs/aws-iam-authenticator#174", "aws/aws-cdk#22759"],
    rows: [23],
  },
  A04: {
    means:
      "All API servers take the caller for the same user. Where they do not, an access entry was changed a moment ago.",
    found: "A SelfSubjectReview at every API server (--deep).",
    fix: ["kubectl auth whoami   # asks one by chance; takes Kubernetes 1.28"],
    sources: ["Kubernetes documentation: SelfSubjectReview"],
    rows: [],
  },
  A05: {
    means:
      "An API server asks STS about every token that it does not know yet. What that costs the first request tells how far STS is from the control plane.",
    found: "Two requests over one connection (--deep): the second finds the verdict in the cache.",
    fix: ["Keep a token for its 14 minutes instead of signing one for each call."],
    sources: ["recordings of kube-apiserver 1.20 with a webhook authenticator"],
    rows: [],
  },
  A06: {
    means:
      "The credentials come from a role that has to be assumed first, and STS did not give it: the trust policy does not name the caller, the credentials that ask are over, or STS cannot be reached from here.",
    found:
      "The failure of the call to STS on the way to the credentials (--role-arn, or role_arn and web identity in the profile), by its code.",
    fix: [
      "aws sts get-caller-identity   # who asks; the role's trust policy has to name it",
      "Pass --external-id where the trust policy wants one.",
      "In a VPC without internet: make the interface endpoint for STS (com.amazonaws.REGION.sts).",
    ],
    sources: [
      "kubernetes-sigs/aws-iam-authenticator, README",
      "aws/aws-cli#5971",
      "STS API reference: AssumeRole",
    ],
    rows: [33, 37],
  },
  A07: {
    means:
      "An API server looks at no token of more than 4096 bytes. A session with long policies, many tags or a chain of roles has a session token that makes it longer.",
    found: "The length of the signed token, here, before it is sent.",
    fix: [
      "Assume the role without session policy and session tags.",
      "Assume it directly instead of through another role.",
    ],
    sources: [AUTHENTICATOR],
    rows: [36],
  },
  A08: {
    means:
      "A token is a request to STS that the API server sends on. If STS refuses it, so do all API servers, and the reason is in what STS says: a date, a key that is gone or of another partition, a session that is over.",
    found:
      "A token is signed as for the cluster, and the request inside it is sent to STS with the cluster's name, as the API server does. That is asked when every server answers 401, or with --deep.",
    fix: [
      "timedatectl   # SignatureDoesNotMatch, Signature expired: the clock",
      "aws sso login   # ExpiredToken: the session is over",
      "aws configure list   # InvalidClientTokenId: a deleted key, or aws keys with aws-cn",
      "IAM console, Account settings: activate STS in the region (RegionDisabledException).",
    ],
    sources: [
      "kubernetes-sigs/aws-iam-authenticator#168",
      "aws/aws-cdk#22759",
      "EKS user guide: troubleshooting IAM",
    ],
    rows: [23, 31, 35, 37],
  },
  A09: {
    means:
      "STS knows the caller, so the token is good, but the cluster maps it to nobody: no access entry names the role or user, or aws-auth names it in a form that does not match. A token for a cluster of another name is refused in the same way.",
    found:
      "STS accepts the token, every API server answers 401, and the caller's principal is not among the access entries. Of a session the role counts, without session name and path.",
    fix: [
      "aws eks create-access-entry --cluster-name NAME --principal-arn ARN   # then associate a policy",
      "kubectl -n kube-system get configmap aws-auth -o yaml   # a role stands there without its path",
      "Sign for the cluster's name; its ARN is the name of no cluster.",
    ],
    sources: [
      "EKS user guide: access entries",
      "kubernetes-sigs/aws-iam-authenticator#275",
      "kubernetes-sigs/aws-iam-authenticator#174",
      "kubernetes-sigs/aws-iam-authenticator#130",
    ],
    rows: [24, 25],
  },
  A13: {
    means:
      "On an EC2 instance, or a pod on it, credentials may come from the instance's role by the metadata service. From a container its answer does not arrive where the hop limit is 1, and the SDK then finds no credentials at all.",
    found:
      "No credentials were found, and the metadata service did not answer the request for its session token. Elsewhere than on EC2 there is no such service either: then the credentials are what is missing.",
    fix: [
      "Give the pod a role of its own: EKS Pod Identity, or IAM roles for service accounts.",
      "aws ec2 modify-instance-metadata-options help   # --http-put-response-hop-limit 2",
      "aws configure list   # not on EC2: a profile or the environment has to have them",
    ],
    sources: [
      "kubernetes-sigs/aws-load-balancer-controller#3955",
      "kubernetes/autoscaler#3592",
      "aws/aws-sdk-js-v3#4679",
    ],
    rows: [34],
  },
  A14: {
    means:
      "Until Kubernetes 1.31 EKS let callers without a token read /version and health; since 1.32 only health: /healthz, /livez, /readyz. Health checks that read /version or /api without a token fail after that update, by design.",
    found: "What requests without a token were answered, and the cluster's version.",
    fix: [
      "Let health checks ask /livez or /readyz, or send a token.",
      "kubectl get clusterrolebindings -o wide   # anonymous callers read /api? who was that granted to",
    ],
    sources: [
      "EKS user guide: Kubernetes versions, standard support (1.32)",
      "aws/containers-roadmap#532",
    ],
    rows: [28],
  },
  A15: {
    means:
      "The token was sent, and the API server answers as to somebody who has none: 403 for system:anonymous. Something on the way, a proxy or gateway, took the Authorization header off.",
    found: "The user that the 403 names, for a request that carried the token.",
    fix: [
      "env | grep -i proxy   # a proxy that ends TLS can take headers off",
      "Have the gateway pass Authorization on.",
      "For another client: see that its exec plugin runs and its token is not empty.",
    ],
    sources: [
      "recordings of kube-apiserver 1.20: who counts as anonymous",
      "kubernetes/kubernetes#124917",
    ],
    rows: [29],
  },
  A16: {
    means:
      "One API server accepts the token now and refuses it then. Its authenticator asks STS about every new token, and when too many are signed STS throttles it; who asks at that moment gets a 401.",
    found:
      "Several requests with one token at one address, answered 200 and 401 by the same server.",
    fix: [
      "Look for Throttling in the control plane's authenticator log (CloudWatch).",
      "Let clients keep a token for its 14 minutes; find what signs a new one for every call.",
    ],
    sources: [AUTHENTICATOR],
    rows: [38],
  },
};
