import { type Check, count, passed, problem, skippedCheck } from "../check.ts";

/** As many API servers were reached as the user expects. */
export const enoughServers: Check = {
  topic: "servers",
  title: "at least as many API servers are reached as expected",
  needs: ["C01"],
  run: ({ map, snapshot, expectations }) => {
    const { minApiServers } = expectations;
    if (minApiServers === undefined) {
      return skippedCheck("nothing is expected; --expect-api-servers says how many");
    }
    const met = map.apiServers.length;
    if (met === 0) return skippedCheck("no API server was reached (D01, N01, T01)");
    if (met >= minApiServers)
      return passed(`${count(met, "API server")}, expected ${minApiServers}`);
    const { cluster } = snapshot.request;
    return problem("fail", `${count(met, "API server")} reached, expected ${minApiServers}`, {
      side: "server",
      next: `eks-probe endpoints --cluster ${cluster} -n 20 --deep   # a server behind a shared address may need more connections; its Lease tells that it is there`,
    });
  },
};
