import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { gatherInspected } from "../inspected.ts";

/** All API servers run one version. */
export const versionsAgree: Check = {
  topic: "version",
  title: "all API servers run the same version",
  optional: true,
  run: ({ snapshot, map }) => {
    const {
      known: versions,
      besides,
      missing,
    } = gatherInspected(
      map,
      ({ version }) => version,
      "kubectl version   # since EKS 1.32 a caller without a token may not read it",
    );
    if (versions.length === 0) return missing ?? skippedCheck("not asked; --deep asks");
    const different = new Set(versions.map(({ value }) => value.gitVersion));
    const [only] = different;
    if (different.size === 1) return passed(`${only ?? ""}${besides}`);
    return problem("warn", "the API servers run different versions: an update is under way", {
      details: versions.map(({ id, value }) => `${id}: ${value.gitVersion}`),
      side: "aws",
      next: `aws eks list-updates --name ${snapshot.request.cluster}   # then describe-update: how far it is`,
    });
  },
};
