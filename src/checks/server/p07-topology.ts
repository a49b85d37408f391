import { type Check, passed, skippedCheck } from "../check.ts";

/** What the addresses look like together, in one sentence. */
export const topologyIsRead: Check = {
  topic: "topology",
  title: "what the addresses look like together can be said",
  optional: true,
  run: ({ map }) => {
    const { sentence, confidence } = map.topology;
    if (map.apiServers.length === 0) return skippedCheck("no API server was met");
    return passed(`${sentence} (${confidence})`);
  },
};
