import { type Endpoint, endpointId } from "../../model/node/socket.ts";
import { base32, sha256 } from "./sha256.ts";

const OF_SERVICE = /^(?:KUBE-(?:SVC|SVL|EXT|XLB|FW)-|(?:service|local|external)-[A-Z2-7]{8}-)/;

/** Whether kube-proxy gives chains of one service such names, for any of its kinds of traffic. */
export function isServiceChain(chain: string): boolean {
  return OF_SERVICE.test(chain);
}

/** How kube-proxy names the port of the service that leads to the API servers. */
export const KUBERNETES_SERVICE = "default/kubernetes:https";

/** Longest that kube-proxy makes what follows the prefix of an nftables chain: 256 less 16. */
const NFT_NAME_LENGTH = 240;

/** What follows `KUBE-SVC-`, and `KUBE-SVL-`, `KUBE-EXT-`, `KUBE-FW-`, `KUBE-XLB-`, over TCP. */
export function serviceHash(service: string): string {
  return base32(sha256(`${service}tcp`), 16);
}

/** `KUBE-SVC-NPX46M4PTMTKRN6Y` of `default/kubernetes:https`, over TCP. */
export function serviceChain(service: string): string {
  return `KUBE-SVC-${serviceHash(service)}`;
}

/** `KUBE-SEP-5UMKMGJMUDXCXVAP` of `default/kubernetes:https` and `10.0.20.41:443`. */
export function endpointChain(service: string, endpoint: Endpoint): string {
  return `KUBE-SEP-${base32(sha256(`${service}tcp${endpointId(endpoint)}`), 16)}`;
}

/** `service-2QRHZV4L-default/kubernetes/tcp/https`: the chain of kube-proxy's nftables mode. */
export function nftServiceChain(service: string): string {
  return `service-${hashed(nftPath(service))}`;
}

/** The same of one endpoint; its name ends in `__10.0.20.41/443`. */
export function nftEndpointChain(service: string, { ip, port }: Endpoint): string {
  return `endpoint-${hashed(`${nftPath(service)}__${ip.replaceAll(":", ".")}/${port}`)}`;
}

/** The service that the name of an nftables chain spells out, be its hash right or wrong. */
export function serviceOfNftChain(chain: string): string | undefined {
  const [head = "", service = "", protocol, port, ...more] = chain.split("/");
  if (protocol !== "tcp" || port === undefined || more.length > 0) return undefined;
  const hashEnd = head.indexOf("-", head.indexOf("-") + 1);
  const path = `${head.slice(hashEnd + 1)}/${service}`;
  return serviceName(port === "" ? path : `${path}:${port}`);
}

const SERVICE = /^[a-z0-9][a-z0-9.-]{0,252}\/[a-z0-9][a-z0-9.-]{0,252}(?::[A-Za-z0-9_-]{1,63})?$/;

/** The text where it is a service's port as kube-proxy writes it: `kube-system/kube-dns:dns-tcp`. */
function serviceName(text: string): string | undefined {
  return SERVICE.test(text) ? text : undefined;
}

/** The service that the comment of a rule begins with: `default/kubernetes:https cluster IP`. */
export function serviceOfComment(comment: string): string | undefined {
  const end = comment.indexOf(" ");
  return serviceName(end === -1 ? comment : comment.slice(0, end));
}

function nftPath(service: string): string {
  const [path = "", port = ""] = service.split(":");
  return `${path}/tcp/${port}`;
}

function hashed(path: string): string {
  const name = `${base32(sha256(path), 8)}-${path}`;
  return name.length > NFT_NAME_LENGTH ? `${name.slice(0, NFT_NAME_LENGTH - 3)}...` : name;
}
