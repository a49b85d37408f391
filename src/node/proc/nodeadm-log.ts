import { fieldOf, parseJson } from "../record.ts";

/** What nodeadm sets kubelet up for, as it logs it. */
export interface NodeadmCluster {
  readonly name: string | undefined;
  /** `https://1368909F….eks.amazonaws.com` */
  readonly server: string;
  /** Base64 of PEM. */
  readonly authorityData: string | undefined;
  readonly region: string | undefined;
}

const SAID = "Loaded configuration ";

/**
 * The last configuration in nodeadm's journal: `… nodeadm[1630]: INFO init/init.go:89 Loaded
 * configuration {"config": {…}}`. Undefined where it names no cluster. Never throws. Source:
 * awslabs/amazon-eks-ami, nodeadm/cmd/nodeadm/init/init.go and internal/api/types.go.
 */
export function readNodeadmLog(text: string): NodeadmCluster | undefined {
  const at = text.lastIndexOf(SAID);
  if (at === -1) return undefined;
  const end = text.indexOf("\n", at);
  const line = text.slice(at, end === -1 ? undefined : end);
  const brace = line.indexOf("{");
  const config = fieldOf(parseJson(brace === -1 ? "" : line.slice(brace)), "config");
  const cluster = fieldOf(fieldOf(config, "spec"), "cluster");
  const server = textOf(cluster, "apiServerEndpoint");
  if (server === undefined) return undefined;
  return {
    name: textOf(cluster, "name"),
    server,
    authorityData: textOf(cluster, "certificateAuthority"),
    region: textOf(fieldOf(fieldOf(config, "status"), "instance"), "region"),
  };
}

function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === "string" && field !== "" ? field : undefined;
}
