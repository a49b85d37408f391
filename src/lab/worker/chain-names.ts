import { createHash } from "node:crypto";

/** RFC 4648. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first characters of a SHA-256 in base32, as kube-proxy makes its names. */
function hashOf(text: string, length: number): string {
  const bits = [...createHash("sha256").update(text).digest()]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  return Array.from({ length }, (_, index) =>
    BASE32.charAt(Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)),
  ).join("");
}

/** `KUBE-SVC-NPX46M4PTMTKRN6Y` of `default/kubernetes:https`. */
export function serviceChain(service: string): string {
  return `KUBE-SVC-${hashOf(`${service}tcp`, 16)}`;
}

/** `KUBE-SEP-5UMKMGJMUDXCXVAP` of `default/kubernetes:https` and `10.0.20.41:443`. */
export function endpointChain(service: string, target: string): string {
  return `KUBE-SEP-${hashOf(`${service}tcp${target}`, 16)}`;
}

/** `service-2QRHZV4L-default/kubernetes/tcp/https`, in mode nftables. */
export function nftServiceChain(service: string): string {
  const path = nftPath(service);
  return `service-${hashOf(path, 8)}-${path}`;
}

/** `endpoint-PRBZGVCA-default/kubernetes/tcp/https__10.0.20.41/443` */
export function nftEndpointChain(service: string, ip: string, port: number): string {
  const path = `${nftPath(service)}__${ip}/${port}`;
  return `endpoint-${hashOf(path, 8)}-${path}`;
}

function nftPath(service: string): string {
  const [name = "", port = ""] = service.split(":");
  return `${name}/tcp/${port}`;
}
