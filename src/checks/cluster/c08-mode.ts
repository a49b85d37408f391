import { type Check, passed, problem, skippedCheck } from "../check.ts";

/** The endpoint is set up as the user expects it. */
export const modeIsExpected: Check = {
  topic: "mode",
  title: "the endpoint's access mode is the expected one",
  needs: ["C01"],
  run: ({ map, expectations, snapshot }) => {
    const expected = expectations.mode;
    if (expected === undefined) return skippedCheck("nothing is expected; --expect-mode says what");
    if (map.mode === "unknown") {
      return problem("unknown", `expected ${expected}; how the endpoint is set up is not known`, {
        side: "aws",
        next: `aws eks describe-cluster --name ${snapshot.request.cluster} --query cluster.resourcesVpcConfig`,
      });
    }
    if (map.mode === expected) return passed(`${map.mode}, as expected`);
    return problem("fail", `the endpoint is ${map.mode}, expected ${expected}`, {
      side: "aws",
      next: `aws eks update-cluster-config --name ${snapshot.request.cluster} --resources-vpc-config ${FLAGS[expected] ?? ""}`,
    });
  },
};

const FLAGS: Readonly<Record<string, string>> = {
  public: "endpointPublicAccess=true,endpointPrivateAccess=false",
  private: "endpointPublicAccess=false,endpointPrivateAccess=true",
  "public and private": "endpointPublicAccess=true,endpointPrivateAccess=true",
};
