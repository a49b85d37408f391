import type { AuthCode } from "../model/finding-code.ts";
import type { Explanation } from "./explanation.ts";

/** What the kubeconfig of this machine does for a token: other clients than this program go by it. */
export const KUBECTL_AUTH_EXPLANATIONS: Readonly<
  Record<Extract<AuthCode, "A10" | "A11" | "A12">, Explanation>
> = {
  A10: {
    means:
      "A token is good for one cluster's name, which is signed into it. A kubeconfig that asks for another name, or for the cluster's ARN, gets tokens that this cluster refuses with 401, while those of this program are accepted.",
    found:
      "The cluster name in the exec command of each context whose server is this endpoint, against the cluster's name (on Outposts also its id).",
    fix: [
      "aws eks update-kubeconfig --name NAME   # writes an exec command with the right name",
      "kubectl config view --minify   # shows what it runs now",
    ],
    sources: [
      "kubernetes-sigs/aws-iam-authenticator#130",
      "awscli, eks get-token: --cluster-name, --cluster-id",
    ],
    rows: [24],
  },
  A11: {
    means:
      "A token that is written down lives for 15 minutes. A kubeconfig, a CI variable or a Terraform data source that holds one works at first and is refused with 401 ever after.",
    found:
      "The user of each context that means this cluster: a token of EKS in place of a command, and the date in it.",
    fix: [
      "aws eks update-kubeconfig --name NAME   # writes an exec command, which signs when needed",
      "In Terraform: use exec in the provider instead of aws_eks_cluster_auth.",
    ],
    sources: [
      "kubernetes-sigs/aws-iam-authenticator, pkg/token",
      "Terraform, kubernetes provider: exec plugins",
    ],
    rows: [26],
  },
  A12: {
    means:
      "For a token kubectl runs a command that the kubeconfig names, most often aws. Where it is not installed, as in many CI images, kubectl says: exec: executable aws not found.",
    found:
      "The command in each context that means this cluster, looked for in PATH. Running it is not tried.",
    fix: [
      "command -v aws   # install it, or put it into PATH",
      "Let the kubeconfig run: eks-probe token --cluster NAME. It needs no other program.",
    ],
    sources: ["actions-hub/kubectl#16", "Kubernetes documentation: client-go credential plugins"],
    rows: [32],
  },
};
