const NOTED_SERVER =
  "https://1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com";

/** Of kubelet's kubeconfig what follows `user:`, as bootstrap.sh wrote it. */
export const BY_AUTHENTICATOR = `    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: /usr/bin/aws-iam-authenticator
      args:
        - "token"
        - "-i"
        - "gonz-eks-pub"
        - --region
        - "ap-northeast-2"
`;

/** The same as nodeadm writes it. */
export const BY_AWS_CLI = `    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws
      args: ["eks", "get-token", "--cluster-name", "gonz-eks-pub", "--region", "ap-northeast-2"]
`;

/** Kubelet's kubeconfig on an EKS worker, of the field notes' public cluster unless it is told. */
export function kubeletKubeconfig(user: string, server: string = NOTED_SERVER): string {
  return `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: /etc/kubernetes/pki/ca.crt
    server: ${server}
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: kubelet
  name: kubelet
current-context: kubelet
users:
- name: kubelet
  user:
${user}`;
}
