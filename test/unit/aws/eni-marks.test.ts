import { describe, expect, test } from "vitest";
import { type InterfaceFacts, mayBeEksManaged, readMarks } from "../../../src/aws/eni-marks.ts";

const EKS: InterfaceFacts = {
  interfaceType: "interface",
  instanceId: undefined,
  requesterId: "AROAEXAMPLE:AmazonEKS",
  ownerId: "111122223333",
  attachmentOwnerId: "999988887777",
};
const BARE: InterfaceFacts = {
  interfaceType: undefined,
  instanceId: undefined,
  requesterId: undefined,
  ownerId: undefined,
  attachmentOwnerId: undefined,
};

describe("mayBeEksManaged", () => {
  test.each<[string, InterfaceFacts, boolean]>([
    ["every mark of EKS", EKS, true],
    ["no mark at all, as in emulators", BARE, true],
    ["EKS as requester and no attachment yet", { ...EKS, attachmentOwnerId: undefined }, true],
    [
      "a user as requester, attached to a foreign account",
      { ...EKS, requesterId: "AROAX:me" },
      true,
    ],
    [
      "no requester, attached in the own account",
      { ...BARE, ownerId: "111122223333", attachmentOwnerId: "111122223333" },
      true,
    ],
    [
      "an IAM user as requester and no attachment, as moto has it",
      { ...BARE, requesterId: "AIDAEXAMPLE" },
      true,
    ],
    [
      "an IAM user as requester, attached in the own account",
      { ...EKS, requesterId: "AIDAEXAMPLE", attachmentOwnerId: EKS.ownerId },
      false,
    ],
    [
      "a load balancer as requester and as what it is attached to",
      { ...EKS, requesterId: "amazon-elb", attachmentOwnerId: "amazon-elb" },
      false,
    ],
    ["a load balancer as requester", { ...BARE, requesterId: "amazon-elb" }, false],
    ["a user as requester and no attachment", { ...BARE, requesterId: "AROAX:me" }, false],
    [
      "a requester that only contains the name",
      { ...BARE, requesterId: "AROAX:AmazonEKS2" },
      false,
    ],
    [
      "a user as requester, attached in the own account",
      {
        ...BARE,
        requesterId: "AROAX:me",
        ownerId: "111122223333",
        attachmentOwnerId: "111122223333",
      },
      false,
    ],
    ["an instance in the attachment", { ...EKS, instanceId: "i-0a" }, false],
    ["a load balancer's interface type", { ...EKS, interfaceType: "network_load_balancer" }, false],
    ["a branch interface", { ...EKS, interfaceType: "branch" }, false],
  ])("%s", (_what, facts, expected) => {
    expect(mayBeEksManaged(facts)).toBe(expected);
  });
});

describe("readMarks", () => {
  test("an absent mark is unknown, not a no", () => {
    expect(readMarks(BARE)).toEqual({
      requestedByEks: "unknown",
      attachedToForeignAccount: "unknown",
    });
  });

  test("a mark that is there speaks for or against", () => {
    expect(readMarks(EKS)).toEqual({ requestedByEks: "yes", attachedToForeignAccount: "yes" });
    expect(
      readMarks({ ...EKS, requesterId: "amazon-elb", attachmentOwnerId: EKS.ownerId }),
    ).toEqual({ requestedByEks: "no", attachedToForeignAccount: "no" });
  });
});
