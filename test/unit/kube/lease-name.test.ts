import { describe, expect, test } from "vitest";
import { leaseNamesOf } from "../../../src/kube/lease-name.ts";

describe("the name of an identity Lease", () => {
  test.for([
    ["ip-172-16-173-248.ap-northeast-2.compute.internal", "apiserver-g64vheqqp7lbyjzirqpmkkn3ie"],
    ["ip-172-16-57-254.ap-northeast-2.compute.internal", "apiserver-plbpkq7sicazjpkm33b52ykqxq"],
  ] as const)("is first the form recorded beside the host label %s", ([host, name]) => {
    expect(leaseNamesOf(host)[0]).toBe(name);
  });

  test.for([
    ["kind-control-plane", "c4vwjftbvpc5os2vvzle4qg27a"],
    ["kind-control-plane2", "fyloo45sdenffw2ugwaz3likua"],
    ["kind-control-plane3", "dz2dqprdpsgnm756t5rnov7yka"],
  ] as const)("may be the hash of the host alone, as documented for 1.26 (%s)", ([host, hash]) => {
    expect(leaseNamesOf(host).slice(1)).toEqual([`apiserver-${hash}`, `kube-apiserver-${hash}`]);
  });

  test("differs for hosts that differ in a letter's case: the server hashes what its system says", () => {
    expect(leaseNamesOf("Master-1")).not.toEqual(leaseNamesOf("master-1"));
  });

  test("exists for any text, in the alphabet of names", () => {
    for (const host of ["", "é", "x".repeat(70_000)])
      for (const name of leaseNamesOf(host))
        expect(name).toMatch(/^(?:kube-)?apiserver-[a-z2-7]{26}$/);
  });
});
