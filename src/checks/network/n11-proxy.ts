import { valueOf } from "../../model/fact.ts";
import {
  type Check,
  type Evidence,
  type Outcome,
  passed,
  problem,
  skippedCheck,
} from "../check.ts";
import { isExempt } from "./filters/no-proxy.ts";

/** What kubectl sends to the endpoint goes there, and not to a proxy first. */
export const noProxyInBetween: Check = {
  topic: "proxy",
  title: "the proxy settings of this host leave the endpoint alone",
  needs: ["C01"],
  run: (evidence) => {
    const endpoint = valueOf(evidence.snapshot.cluster)?.endpoint;
    if (endpoint === undefined) return skippedCheck("needs the cluster's endpoint (C01)");
    const { host, port } = endpoint;
    const used = [...byVariable(host, port, evidence), ...byKubeconfig(evidence)];
    const [first] = used;
    if (first === undefined) {
      const { httpsProxy, noProxy, unreadable } = evidence.snapshot.local.proxy;
      const [odd] = unreadable;
      if (odd !== undefined && !isExempt(noProxy, host, port)) return astray(odd);
      return passed(
        httpsProxy === undefined ? "no proxy is set" : "NO_PROXY leaves the endpoint out",
      );
    }
    const loopback = used.some(({ proxy }) => isOnLoopback(proxy));
    return problem(
      "warn",
      `kubectl would go to the endpoint through ${[...new Set(used.map(({ proxy }) => proxy))].join(", ")}; eks-probe does not`,
      {
        details: [
          ...used.map(({ text }) => text),
          ...(loopback
            ? [
                "a tunnel (SSM, ssh -L) is no proxy: name its end with --connect-to or in the hosts file, and unset the variable",
              ]
            : []),
        ],
        side: "local",
        next: first.next,
      },
    );
  },
};

/** Go dials whatever it can make of it. */
function astray(variable: string): Outcome {
  return problem("warn", `${variable} is set to what is no proxy's URL: kubectl fails by it`, {
    side: "local",
    next: `unset ${variable}   # or write it as http://HOST:PORT; eks-probe goes without`,
  });
}

interface Use {
  readonly proxy: string;
  readonly text: string;
  readonly next: string;
}

function byVariable(host: string, port: number, { snapshot }: Evidence): readonly Use[] {
  const { httpsProxy, variable, noProxy } = snapshot.local.proxy;
  if (httpsProxy === undefined || isExempt(noProxy, host, port)) return [];
  const name = variable ?? "HTTPS_PROXY";
  const spaced = noProxy.some((part) => /\s/.test(part)) ? " (commas divide it, not spaces)" : "";
  const says = noProxy.length === 0 ? "is not set" : `has ${noProxy.join(",")}${spaced}`;
  const parts = noProxy.flatMap((part) => part.split(/\s+/));
  const list = [...parts, ".eks.amazonaws.com"].join(",");
  return [
    {
      proxy: httpsProxy,
      text: `${name} is ${httpsProxy}; NO_PROXY ${says}, which leaves ${host} to it`,
      next: isOnLoopback(httpsProxy)
        ? `unset ${name}`
        : `export NO_PROXY=${host.endsWith(".eks.amazonaws.com") ? list : [...parts, host].join(",")}   # clients then go straight to the endpoint, as eks-probe does`,
    },
  ];
}

/** A proxy of the kubeconfig's own knows no exceptions (client-go). */
function byKubeconfig({ snapshot }: Evidence): readonly Use[] {
  const entries = valueOf(snapshot.local.kubeconfig) ?? [];
  return entries.flatMap(({ proxyUrl, file, context }) =>
    proxyUrl === undefined
      ? []
      : [
          {
            proxy: proxyUrl,
            text: `${file}: context ${context} has proxy-url ${proxyUrl}, which NO_PROXY does not undo`,
            next: `kubectl config view --minify --context ${context}   # take proxy-url out of its cluster, unless it is meant`,
          },
        ],
  );
}

function isOnLoopback(proxy: string): boolean {
  return /^[a-z0-9+.-]*:?(?:\/\/)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/i.test(proxy);
}
