import { describe, expect, it } from "vitest";
import { valueOf } from "../../../src/model/fact.ts";
import { notedFiles, readFiles } from "../../support/host-copy.ts";
import { BY_AUTHENTICATOR, kubeletKubeconfig } from "../../support/kubelet-kubeconfig.ts";

const SERVER = "https://1368909f748386f16ee96fce0f49a400.yl4.ap-northeast-2.eks.amazonaws.com";

/** nodeadm of hybrid nodes, with IAM Roles Anywhere; with SSM it has no env. */
const HYBRID = `    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: "/usr/local/bin/aws-iam-authenticator"
      env:
        - name: "AWS_PROFILE"
          value: "hybrid"
        - name: "AWS_CONFIG_FILE"
          value: "/etc/aws/hybrid/config"
      args:
        - "token"
        - "--cluster-id"
        - "gonz-eks-pub"
        - "--region"
        - "ap-northeast-2"
`;

const AWS_CLI = `    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws
      args:
        - "eks"
        - "get-token"
        - "--cluster-name"
        - "gonz-eks-pub"
        - "--region"
        - "ap-northeast-2"
`;

/** Bottlerocket by authentication-mode "tls": nothing in it names the cluster. */
const CERTIFICATE = `    client-certificate: "/var/lib/kubelet/pki/kubelet-client-current.pem"
    client-key: "/var/lib/kubelet/pki/kubelet-client-current.pem"
`;

interface Place {
  readonly kubeconfig: string;
  readonly config: string;
  /** Without what the others have as well. */
  readonly command: string;
}

const AL2: Place = {
  kubeconfig: "/var/lib/kubelet/kubeconfig",
  config: "/etc/kubernetes/kubelet/kubelet-config.json",
  command:
    "--config\0/etc/kubernetes/kubelet/kubelet-config.json\0--kubeconfig\0/var/lib/kubelet/kubeconfig\0",
};
const NODEADM: Place = {
  kubeconfig: "/var/lib/kubelet/kubeconfig",
  config: "/etc/kubernetes/kubelet/config.json",
  command:
    "--config-dir=/etc/kubernetes/kubelet/config.json.d\0--kubeconfig=/var/lib/kubelet/kubeconfig\0--config=/etc/kubernetes/kubelet/config.json\0",
};
const BOTTLEROCKET: Place = {
  kubeconfig: "/etc/kubernetes/kubelet/kubeconfig",
  config: "/etc/kubernetes/kubelet/config",
  command:
    "--kubeconfig\0/etc/kubernetes/kubelet/kubeconfig\0--config\0/etc/kubernetes/kubelet/config\0",
};
/** A local cluster on an Outpost, before kubelet has its certificate. */
const OUTPOST: Place = {
  ...AL2,
  kubeconfig: "/var/lib/kubelet/bootstrap-kubeconfig",
  command: `--bootstrap-kubeconfig\0/var/lib/kubelet/bootstrap-kubeconfig\0${AL2.command}`,
};

const POD_UID = "0b4b8f0e-4c5c-4f0e-9d2a-1c2d3e4f5a6b";
const FORGED = "https://forged.example";

describe("kubelet's settings", () => {
  const cases: readonly (readonly [string, Place, string, string | undefined])[] = [
    ["Amazon Linux 2", AL2, BY_AUTHENTICATOR, "gonz-eks-pub"],
    ["Amazon Linux 2 by the AWS CLI", AL2, AWS_CLI, "gonz-eks-pub"],
    ["Amazon Linux 2023", NODEADM, AWS_CLI, "gonz-eks-pub"],
    ["a hybrid node", NODEADM, HYBRID, "gonz-eks-pub"],
    ["Bottlerocket", BOTTLEROCKET, BY_AUTHENTICATOR, "gonz-eks-pub"],
    ["Bottlerocket with a certificate", BOTTLEROCKET, CERTIFICATE, undefined],
    ["an Outpost", OUTPOST, BY_AUTHENTICATOR, "gonz-eks-pub"],
  ];
  it.each(
    cases.flatMap(([name, place, user, cluster]) => [
      [name, place, user, cluster, true] as const,
      [`${name}, where kubelet is not seen`, place, user, cluster, false] as const,
    ]),
  )("of %s are found where it keeps them", async (_name, place, user, cluster, isSeen) => {
    const {
      "var/lib/kubelet/kubeconfig": _one,
      "etc/kubernetes/kubelet/config.json": _two,
      "proc/3456/comm": _comm,
      ...worker
    } = notedFiles();
    const files = {
      ...worker,
      "proc/3456/comm": isSeen ? "kubelet\n" : "else\n",
      "proc/3456/cmdline": `/usr/bin/kubelet\0--node-ip\x0010.0.105.163\0${place.command}`,
      [place.kubeconfig.slice(1)]: kubeletKubeconfig(user, SERVER),
      [place.config.slice(1)]: '{"kind":"KubeletConfiguration","clusterDNS":["10.100.0.10"]}',
    };
    expect(valueOf((await readFiles(files)).kubelet)).toEqual({
      server: SERVER,
      clusterName: cluster,
      region: "ap-northeast-2",
      nodeIp: isSeen ? "10.0.105.163" : undefined,
      clusterDns: ["10.100.0.10"],
      file: place.kubeconfig,
      certificateAuthority: expect.objectContaining({ kind: "unknown" }),
    });
  });
});

describe("a process that calls itself kubelet", () => {
  it.each([
    ["in a pod", { "proc/3456/cgroup": `0::/kubepods.slice/pod${POD_UID}\n` }, SERVER],
    [
      "of another user",
      { "proc/3456/status": "Name:\tkubelet\nUid:\t1000\t1000\t1000\t1000\n" },
      SERVER,
    ],
    ["of root", { "proc/3456/status": "Name:\tkubelet\nUid:\t0\t0\t0\t0\n" }, FORGED],
  ])(
    "%s chooses which kubeconfig is read, and so whom a token goes to, as root's own alone",
    async (_who, change, server) => {
      const files = {
        ...notedFiles(),
        "var/lib/kubelet/kubeconfig": kubeletKubeconfig(BY_AUTHENTICATOR),
        "proc/3456/cmdline": "kubelet\0--kubeconfig=/tmp/forged\0",
        "tmp/forged": kubeletKubeconfig(BY_AUTHENTICATOR, FORGED),
        ...change,
      };
      expect(valueOf((await readFiles(files)).kubelet)?.server).toBe(server);
    },
  );
});

describe("the name servers that a worker asks", () => {
  const behind = "run/systemd/resolve/resolv.conf";

  it("are those behind systemd-resolved, where resolv.conf names only that", async () => {
    const files = {
      ...notedFiles(),
      "etc/resolv.conf": { link: "../run/systemd/resolve/stub-resolv.conf" },
      "run/systemd/resolve/stub-resolv.conf":
        "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch ap-northeast-2.compute.internal\n",
      [behind]: "# managed by man:systemd-resolved(8)\nnameserver 10.0.0.2\nsearch .\n",
    };
    expect(await readFiles(files)).toMatchObject({
      nameServers: { kind: "known", value: ["10.0.0.2"] },
      nameServersFile: "/run/systemd/resolve/resolv.conf",
    });
  });

  it("are those of resolv.conf where it names others, though systemd-resolved runs as well", async () => {
    const files = {
      ...notedFiles(),
      "etc/resolv.conf": "nameserver 127.0.0.53\nnameserver 10.9.9.9\n",
      [behind]: "nameserver 10.0.0.2\n",
    };
    expect(await readFiles(files)).toMatchObject({
      nameServers: { kind: "known", value: ["127.0.0.53", "10.9.9.9"] },
      nameServersFile: "/etc/resolv.conf",
    });
  });

  it("are systemd-resolved itself where nothing tells whom it asks", async () => {
    const files = { ...notedFiles(), "etc/resolv.conf": "nameserver 127.0.0.53\n", [behind]: "" };
    expect(await readFiles(files)).toMatchObject({
      nameServers: { kind: "known", value: ["127.0.0.53"] },
      nameServersFile: "/etc/resolv.conf",
    });
    const { "etc/resolv.conf": _none, ...without } = notedFiles();
    expect(await readFiles(without)).toMatchObject({
      nameServers: { kind: "unknown" },
      nameServersFile: undefined,
    });
  });
});
