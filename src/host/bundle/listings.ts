/** What only a bundle has, in place of the kernel's files. */
export const BUNDLE_LISTINGS = {
  /** `netstat -plant` */
  sockets: "/system/netstat.txt",
  /** `ps fauxwww` */
  processes: "/system/ps.txt",
  /** Every `/proc/PID/stat` */
  stats: "/system/allprocstat.txt",
  /** `/proc/stat` */
  machine: "/system/procstat.txt",
  /** `ctr --namespace k8s.io tasks list` */
  tasks: "/containerd/containerd-tasks.txt",
  /** `sysctl --all` */
  sysctl: "/sysctls/sysctl_all.txt",
  /** `systemctl cat kubelet` */
  kubeletUnit: "/kubelet/kubelet_service.txt",
  /** `docker ps --all --no-trunc` */
  docker: "/docker/docker-ps.txt",
  /** `lsmod`, as far as it is of ip_vs and nf_conntrack. */
  modules: "/modinfo/ip_vs",
  region: "/system/region.txt",
  /** `journalctl --unit=nodeadm-config`, and of nodeadm-run: ten days of them. */
  nodeadm: ["/nodeadm/nodeadm-config.log", "/nodeadm/nodeadm-run.log"],
  /** `ctr container info` and `docker container inspect` of the VPC CNI: with its environment. */
  cni: [
    "/cni/cni-configuration-variables-containerd.json",
    "/cni/cni-configuration-variables-dockerd.txt",
  ],
  /** Its first line has the time: `curling https://… (1 of 5) 2024-04-16T04:20:01.000UTC` */
  time: "/networking/curl_api_server.txt",
} as const;
