import { HTTPS_PORT } from "../../model/address.ts";
import type { NatTarget, ServiceNat } from "../../model/node/nat.ts";
import { type Endpoint, endpointId } from "../../model/node/socket.ts";
import { sanitizeText } from "../../model/text.ts";
import { readIp } from "./ip-text.ts";
import { readPort } from "./rule.ts";
import { inOrder } from "./services.ts";

/**
 * TCP services of IPVS, from any of what shows them: `/proc/net/ip_vs` (hexadecimal), `ipvsadm -Ln`,
 * `ipvsadm --save -n`. IPVS knows no names. Without `-n`, ipvsadm writes host and port names: `https`
 * and EC2's `ip-10-0-20-41.…` are understood, other lines are passed over.
 */
export function readIpvs(text: string): ServiceNat[] {
  // ipvsadm makes its columns wider, for names.
  const kernel = text.includes("-> RemoteAddress:Port Forward");
  const services = new Map<string, Draft>();
  let listed: Draft | undefined;
  for (const line of text.split("\n")) {
    const words = line
      .trim()
      .split(" ")
      .filter((word) => word !== "");
    const [first = "", second = ""] = words;
    if (first === "-A" || first === "-a") takeSaved(services, words);
    else if (first === "->") {
      if (listed !== undefined) takeListed(listed, words, kernel);
    } else {
      const service = first === "TCP" ? readEndpoint(second, kernel) : undefined;
      listed = service === undefined ? undefined : draft(services, service, words[2]);
    }
  }
  return inOrder([...services.values()].map(finished));
}

interface Draft {
  readonly service: Endpoint;
  readonly scheduler: string;
  readonly servers: { readonly to: Endpoint; readonly weight: number | undefined }[];
}

function draft(services: Map<string, Draft>, service: Endpoint, scheduler = "wlc"): Draft {
  const key = endpointId(service);
  const known = services.get(key);
  if (known !== undefined) return known;
  const made: Draft = { service, scheduler: sanitizeText(scheduler, 40), servers: [] };
  services.set(key, made);
  return made;
}

/** `-> 10.0.20.41:443  Masq  1  0  0` */
function takeListed(service: Draft, words: readonly string[], kernel: boolean): void {
  const to = readEndpoint(words[1] ?? "", kernel);
  if (to !== undefined) service.servers.push({ to, weight: readWeight(words[3]) });
}

/** `-A -t 172.20.0.1:443 -s rr`, `-a -t 172.20.0.1:443 -r 10.0.20.41:443 -m -w 1` */
function takeSaved(services: Map<string, Draft>, words: readonly string[]): void {
  const after = (option: string): string | undefined => {
    const at = words.indexOf(option);
    return at === -1 ? undefined : words[at + 1];
  };
  const service = readEndpoint(after("-t") ?? "", false);
  if (service === undefined) return;
  if (words[0] === "-A") {
    draft(services, service, after("-s"));
    return;
  }
  const to = readEndpoint(after("-r") ?? "", false);
  const weight = after("-w");
  if (to === undefined) return;
  // A weight that is not written is ipvsadm's default.
  draft(services, service).servers.push({
    to,
    weight: weight === undefined ? 1 : readWeight(weight),
  });
}

function readWeight(text: string | undefined): number | undefined {
  const weight = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isInteger(weight) && weight >= 0 && weight <= 65_535 ? weight : undefined;
}

const HEX_V4 = /^([\dA-F]{8}):([\dA-F]{4})$/;
/** Written in full by the kernel: ipvsadm leaves out a group's zeros. */
const HEX_V6 = /^\[(?=[\da-f:]*[[:]0)(?:[\da-f]{4}:){7}[\da-f]{4}\]:[\dA-F]{4}$/;

/**
 * `AC140001:01BB`, `[fd00:0010:0000:…:0029]:01BB`, `172.20.0.1:443`, `[fd00:10::29]:443`. The kernel
 * writes IPv6 in full and the port with four digits, ipvsadm neither.
 */
function readEndpoint(text: string, kernel: boolean): Endpoint | undefined {
  const hex = HEX_V4.exec(text);
  if (hex !== null) {
    const value = Number.parseInt(hex[1] ?? "", 16);
    const ip = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
    return endpoint(ip, Number.parseInt(hex[2] ?? "", 16));
  }
  const colon = text.lastIndexOf(":");
  if (colon === -1) return undefined;
  const host = text.slice(0, colon);
  const written = text.slice(colon + 1);
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  const inHex = host.startsWith("[") && written.length === 4 && (kernel || HEX_V6.test(text));
  const port = inHex ? Number.parseInt(written, 16) : readService(written);
  return endpoint(hostIp(bare), port);
}

function endpoint(text: string, port: number | undefined): Endpoint | undefined {
  const ip = readIp(text);
  return ip === undefined || port === undefined || port === 0 ? undefined : { ip, port };
}

function readService(text: string): number | undefined {
  return text === "https" ? HTTPS_PORT : readPort(text);
}

const EC2_NAME = /^ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})(?:\.|$)/;

function hostIp(host: string): string {
  return EC2_NAME.exec(host)?.slice(1).join(".") ?? host;
}

/** Schedulers that spread new connections over time as the weights say, or evenly. */
function sharesOf({ scheduler, servers }: Draft): (number | undefined)[] {
  const weights = servers.map(({ weight }) => weight);
  if (weights.some((weight) => weight === undefined)) return weights.map(() => undefined);
  // Each skips a server of weight 0.
  const counted = weights.map((weight = 0) => (scheduler === "rr" ? Math.min(weight, 1) : weight));
  const total = counted.reduce((sum, weight) => sum + weight, 0);
  if (scheduler !== "rr" && scheduler !== "wrr") {
    // Others go by load or by the client's address, which no rule tells.
    return counted.map((weight) => (weight === 0 ? 0 : servers.length === 1 ? 1 : undefined));
  }
  return counted.map((weight) => (total === 0 ? 0 : weight / total));
}

function finished(service: Draft): ServiceNat {
  const shares = sharesOf(service);
  const targets = service.servers.map(({ to, weight }, index): NatTarget => {
    return { to, probability: shares[index], chain: undefined, weight };
  });
  const oddities: string[] = [];
  if (targets.length === 0) oddities.push("has no endpoints here: new connections are refused");
  for (const { to, weight } of targets) {
    const id = endpointId(to);
    if (weight === 0) oddities.push(`${id} has weight 0: no new connection is led there`);
  }
  const { service: address } = service;
  return {
    backend: "ipvs",
    service: address,
    name: undefined,
    chain: undefined,
    targets,
    oddities,
  };
}
