import type { LocalPort } from "../model/ports.ts";
import { type Environment, readProxySettings } from "./proxy.ts";

/** This machine's settings, by the environment given. What reads kubeconfigs is loaded when asked. */
export function createLocalPort(environment: Environment): LocalPort {
  return {
    proxySettings: () => readProxySettings(environment),
    kubeconfig: async (cluster) => {
      const { readKubeconfig } = await import("./kubeconfig.ts");
      return readKubeconfig(cluster, environment);
    },
  };
}
