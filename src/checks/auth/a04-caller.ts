import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { gatherInspected } from "../inspected.ts";

/** The API servers agree on who asks. */
export const callerIsKnown: Check = {
  topic: "caller",
  title: "every API server thinks the caller is the same user",
  optional: true,
  run: ({ map }) => {
    const {
      known: callers,
      besides,
      missing,
    } = gatherInspected(
      map,
      ({ caller }) => caller,
      "kubectl auth whoami   # asks the same; it takes Kubernetes 1.28 or later",
    );
    if (callers.length === 0) return missing ?? skippedCheck("not asked; --deep asks");
    const names = new Set(callers.map(({ value }) => value.username));
    const [first] = callers;
    if (names.size === 1 && first) {
      const { username, groups, arn } = first.value;
      return passed(
        `${username}${arn === undefined || arn === username ? "" : ` (${arn})`}${besides}`,
        {
          details: groups.length > 0 ? [`groups: ${groups.join(", ")}`] : [],
        },
      );
    }
    return problem("warn", "the API servers take the caller for different users", {
      details: callers.map(({ id, value }) => `${id}: ${value.username}`),
      side: "server",
      next: "kubectl auth whoami   # asks one by chance; a changed access entry reaches all within a minute",
    });
  },
};
