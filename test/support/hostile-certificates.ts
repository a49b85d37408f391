import { generateKeyPairSync, sign } from "node:crypto";
import type { TestLeaf } from "./test-pki.ts";

/** A self-made leaf whose names no CA would sign, and its own CA, both PEM. */
export interface CrookedLeaf {
  readonly ca: string;
  readonly leaf: TestLeaf;
}

/**
 * Written byte by byte, since no library makes such a thing: common names and SANs with control
 * characters, quotes, newlines and bidi overrides, and as many of them as asked for. The leaf is its
 * own CA, so that verification passes and everything in it is believed.
 */
export function mintCrooked(hostNames: readonly string[], extra: readonly string[]): CrookedLeaf {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(tlv(0x06, Buffer.from("2a8648ce3d040302", "hex")));
  const sans = [...hostNames, ...extra].map((name) => tlv(0x82, Buffer.from(name, "latin1")));
  const name = distinguishedName([
    "\u001b[2J\u001b]0;owned\u0007",
    "kube\r\napiserver\u009b31m",
    '", DNS:evil.example.com',
  ]);
  const now = Date.now();
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, Buffer.of(0x4d)),
    algorithm,
    name,
    sequence(time(now - 86_400_000), time(now + 86_400_000)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(extension("551d11", sequence(...sans)))),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const der = sequence(toBeSigned, algorithm, tlv(0x03, Buffer.of(0), signature));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { ca: pem, leaf: { cert: pem, key } };
}

function distinguishedName(values: readonly string[]): Buffer {
  const commonName = Buffer.from("0603550403", "hex");
  const parts = values.map((value) =>
    tlv(0x31, tlv(0x30, commonName, tlv(0x0c, Buffer.from(value, "utf8")))),
  );
  return sequence(...parts);
}

function extension(oid: string, value: Buffer): Buffer {
  return sequence(tlv(0x06, Buffer.from(oid, "hex")), tlv(0x04, value));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`, "ascii"));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), value]);
  const bytes = length < 0x100 ? [length] : [length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length, ...bytes), value]);
}
