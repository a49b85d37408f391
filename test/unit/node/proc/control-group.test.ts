import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownerByControlGroup } from "../../../../src/node/proc/control-group.ts";

const ID = "3b1f0c9a7d5e4f2186ab90cd12ef34a53b1f0c9a7d5e4f2186ab90cd12ef34a5";
const UID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

describe("what runs a process", () => {
  it.each([
    ["0::/system.slice/kubelet.service\n", { kind: "unit", unit: "kubelet.service" }],
    ["0::/runtime.slice/kubelet.service", { kind: "unit", unit: "kubelet.service" }],
    [
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll("-", "_")}.slice/cri-containerd-${ID}.scope\n`,
      { kind: "pod", podUid: UID, containerId: ID },
    ],
    [
      `12:memory:/kubepods/besteffort/pod${UID}/${ID}\n1:name=systemd:/kubepods/besteffort/pod${UID}/${ID}\n`,
      { kind: "pod", podUid: UID, containerId: ID },
    ],
    [
      `0::/kubepods.slice/kubepods-pod${"ab".repeat(16)}.slice/crio-${ID}.scope`,
      { kind: "pod", podUid: "ab".repeat(16), containerId: ID },
    ],
    [
      `0::/../kubepods-burstable-pod${UID.replaceAll("-", "_")}.slice/cri-containerd-${ID}.scope`,
      { kind: "pod", podUid: UID, containerId: ID },
    ],
    [`0::/docker/${ID}`, { kind: "container", containerId: ID }],
    [
      "0::/user.slice/user-1000.slice/user@1000.service/app.slice/tunnel.service",
      { kind: "unit", unit: "tunnel.service" },
    ],
    ["0::/user.slice/user-1000.slice/session-3.scope", { kind: "session" }],
    ["0::/", { kind: "unknown" }],
    ["", { kind: "unknown" }],
  ])("%j", (text, owner) => {
    expect(ownerByControlGroup(text)).toMatchObject(owner);
  });

  it("is never more than what the kernel says: noise is unknown", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(["unknown", "session", "unit"]).toContain(ownerByControlGroup(text).kind);
      }),
    );
  });
});
