import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueOf } from "../../../src/model/fact.ts";
import type { NodeSnapshot } from "../../../src/model/node/snapshot.ts";
import { openStage, type RightsStage, stageObstacle } from "../../support/rights-stage.ts";

const OBSTACLE = stageObstacle();
if (OBSTACLE !== undefined) process.stderr.write(`${OBSTACLE}\n`);

const OWNERS =
  /^owners of 3 sockets: \d+ of \d+ processes are another user's, and root with CAP_SYS_PTRACE would show them$/;
const OWNERS_OF_ROOT =
  /^owners of 3 sockets: the open files of \d+ of \d+ processes are hidden, and CAP_SYS_PTRACE would show them$/;
const OWNERS_OF_OTHERS =
  /^owners of 1 sockets: the open files of 1 of \d+ processes are another user's, and CAP_DAC_READ_SEARCH would show them$/;
const RULES = "rules of NAT: root or CAP_NET_ADMIN would show those of iptables and nftables";
const TRACKED = "tracked connections: root or CAP_NET_ADMIN would show them";
const KUBECONFIG = "/var/lib/kubelet/kubeconfig may not be read: root would show it";
const NO_PROCESSES =
  "processes of the worker: only this container's are seen; hostPID would show them";
const FILES =
  "files of the worker, with kubelet's settings, name servers and the names of pods: only this container's are seen;";
const OWN_RULES =
  "rules of NAT: iptables and nft would show this container's own: hostNetwork would show the worker's";
const OWN_USE =
  "the use of conntrack is told for this container's own network: hostNetwork would show the worker's";

const AS_USER = "setpriv --reuid 65534 --regid 65534 --clear-groups";

/** A root of its own with no more of the machine than programs and /proc. */
const IN_IMAGE = `mount -t tmpfs tmpfs /mnt
mkdir /mnt/usr /mnt/proc /mnt/dev /mnt/etc /mnt/app
for name in usr proc dev; do mount --rbind /$name /mnt/$name; done
for name in bin sbin lib lib64; do [ -L /$name ] && cp -P /$name /mnt/; done
mount --rbind "$(dirname "\${READ#* }" | cut -d" " -f1)" /mnt/app
echo "nameserver 172.20.0.10" >/mnt/etc/resolv.conf
READ="$NODE /app/read-node-script.mjs 443"
`;

/** The machine's own root, that nothing can be written to. */
const READ_ONLY = `mount --rbind / /mnt
mount -o remount,ro,bind /mnt
mount --bind "$(dirname "\${READ#* }" | cut -d" " -f1)" /mnt/media
mount -t tmpfs -o ro tmpfs /mnt/tmp
if touch /mnt/x /mnt/tmp/x 2>/dev/null; then exit 1; fi
READ="$NODE /media/read-node-script.mjs 443"
`;

describe.skipIf(OBSTACLE !== undefined)("a worker, read with other rights", () => {
  let stage: RightsStage;

  beforeAll(async () => {
    stage = await openStage();
  }, 30_000);

  afterAll(() => stage?.end());

  it.each<[string, string, readonly (string | RegExp)[]]>([
    ["root", "$READ", []],
    ["an ordinary user", `${AS_USER} $READ`, [OWNERS, RULES, TRACKED, KUBECONFIG]],
    [
      "root without CAP_SYS_PTRACE",
      "setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace $READ",
      [OWNERS_OF_ROOT],
    ],
    [
      "root without CAP_DAC_READ_SEARCH",
      "setpriv --bounding-set -dac_override,-dac_read_search $READ",
      [OWNERS_OF_OTHERS],
    ],
    ["root without CAP_NET_ADMIN", "setpriv --bounding-set -net_admin $READ", [RULES]],
    [
      "root without either",
      "setpriv --bounding-set -net_admin,-sys_ptrace $READ",
      [OWNERS_OF_ROOT, RULES],
    ],
    [
      "a user with CAP_NET_ADMIN",
      `${AS_USER} --inh-caps +net_admin --ambient-caps +net_admin $READ`,
      [
        OWNERS,
        /^(?:\S+ may not be read: root, or conntrack if it were installed, would|tracked)/,
        KUBECONFIG,
      ],
    ],
    ["a container without hostNetwork", "unshare -n $READ", [OWN_RULES, OWN_USE]],
    ["a read-only root without /tmp", `${READ_ONLY} chroot /mnt $READ`, []],
  ])(
    "%s is told each thing once that it does not see, and with what it would",
    (_who, command, blind) => {
      const snapshot = stage.read(command);
      expect(snapshot.blind).toEqual(blind.map((line) => expect.stringMatching(line)));
      // What every one of them sees: the sockets, of the worker and of the pod.
      expect(socketsOf(snapshot)).toEqual([2, 1]);
      expect(snapshot.nameServers.kind).toBe("known");
      const hasOwners = !blind.some((line) => line === OWNERS || line === OWNERS_OF_ROOT);
      expect(snapshot.processes.some(({ name }) => name === "kubelet")).toBe(hasOwners);
      expect(snapshot.nat.kind).toBe(
        blind.includes(RULES) || blind.includes(OWN_RULES) ? "unknown" : "known",
      );
      expect(snapshot.kubelet.kind).toBe(blind.includes(KUBECONFIG) ? "unknown" : "known");
    },
  );

  it("a pod with hostNetwork alone is shown the worker's sockets and rules, and told of hostPID", () => {
    const snapshot = stage.read("unshare -fp --mount-proc $READ");
    expect(snapshot.blind).toEqual([NO_PROCESSES, `${FILES} hostPID would show them`]);
    expect(socketsOf(snapshot)).toEqual([2]);
    expect(snapshot.nat.kind).toBe("known");
    expect([snapshot.kubelet.kind, snapshot.nameServers.kind]).toEqual(["unknown", "unknown"]);
  });

  it("a pod with neither takes its own network for nobody else's", () => {
    const snapshot = stage.read("unshare -fnp --mount-proc $READ");
    expect(snapshot.blind).toEqual([
      "sockets of the worker: only this container's are seen; hostNetwork would show them",
      NO_PROCESSES,
      OWN_RULES,
      "tracked connections: only this container's own are seen; hostNetwork would show the worker's",
      OWN_USE,
      `${FILES} hostPID would show them`,
    ]);
    expect(snapshot.namespaces[0]).toMatchObject({ id: "host", sockets: { kind: "unknown" } });
    expect(snapshot.namespaces[1]?.id).toMatch(/^net:/);
    expect([snapshot.nat.kind, snapshot.conntrack.kind]).toEqual(["unknown", "unknown"]);
  });

  it("a pod's own files are not taken for the worker's where process 1's may not be seen", () => {
    const seen = stage.read(`${IN_IMAGE} chroot /mnt $READ`);
    expect(valueOf(seen.kubelet)?.server).toBe("https://10.0.0.9:6443");
    expect(valueOf(seen.nameServers)).not.toEqual(["172.20.0.10"]);
    const { kubelet, nameServers, blind } = stage.read(
      `${IN_IMAGE} setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace chroot /mnt $READ`,
    );
    expect([kubelet.kind, nameServers.kind]).toEqual(["unknown", "unknown"]);
    expect(blind).toEqual([
      expect.stringMatching(OWNERS_OF_ROOT),
      `${FILES} root with CAP_SYS_PTRACE would show them`,
    ]);
  });

  it("root of a user namespace is not told to become root", () => {
    const { blind, nat } = stage.read("unshare -r $READ");
    expect(nat.kind).toBe("unknown");
    expect(blind).toEqual([
      expect.stringMatching(
        /^owners of 3 sockets: the open files of \d of \d processes are hidden from root here .* root of the worker itself would show them$/,
      ),
      expect.stringMatching(
        /^rules of NAT: root of the worker itself would show those of iptables and nftables \(/,
      ),
    ]);
  });

  it("an ordinary user is told that /proc hides others' processes, and not that it is in a pod", () => {
    const { blind, namespaces } = stage.read(`mount -o remount,hidepid=2 /proc\n${AS_USER} $READ`);
    expect(blind).toEqual([
      "/proc hides other users' processes: root would show them",
      RULES,
      TRACKED,
      KUBECONFIG,
    ]);
    expect(valueOf(namespaces[0]?.sockets ?? { kind: "skipped", reason: "" })).toHaveLength(2);
  });
});

/** How many each network has, and none where they are not known. */
function socketsOf({ namespaces }: NodeSnapshot): readonly number[] {
  return namespaces
    .map(({ sockets }) => valueOf(sockets)?.length ?? 0)
    .filter((count) => count > 0);
}
