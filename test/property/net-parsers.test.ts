import { isIP } from "node:net";
import { decode, encode } from "dns-packet";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseApiVersions } from "../../src/kube/api-versions.ts";
import { sanitizeText } from "../../src/model/text.ts";
import { parseAltNames } from "../../src/net/attempt/certificate.ts";
import { parseHosts } from "../../src/net/dns/hosts-file.ts";
import { encodeQuestion, isAskableName, readPacket } from "../../src/net/dns/message.ts";
import { parseServer } from "../../src/net/dns/system-servers.ts";
import { parseHttpDate, parseOpenSslTime } from "../../src/net/times.ts";

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const hostile = fc.string({ unit: "binary", maxLength: 300 });

describe("sanitized text", () => {
  test("has no control character, keeps its limit, and does not change a second time", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 80 }), (text, limit) => {
        const clean = sanitizeText(text, limit);
        expect(clean).not.toMatch(UNSAFE);
        expect(clean.length).toBeLessThanOrEqual(limit);
        expect(sanitizeText(clean, limit)).toBe(clean);
      }),
    );
  });
});

/** As Node writes it: plain when harmless, as a JSON string otherwise. */
function written(value: string): string {
  return /^[ !#-+\--~]*$/.test(value) && !value.includes(",") ? value : JSON.stringify(value);
}

describe("the text of a subjectAltName", () => {
  test("gives back exactly the names that went in, whatever they contain", () => {
    const name = fc.record({
      kind: fc.constantFrom("DNS", "IP Address", "URI", "email"),
      value: fc.oneof(
        hostile,
        fc.constantFrom('a, DNS:"b', "a,b", '"', "\\", "x, IP Address:1.1.1.1"),
      ),
    });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 8 }), (names) => {
        const text = names.map(({ kind, value }) => `${kind}:${written(value)}`).join(", ");
        expect(parseAltNames(text)).toEqual(names);
      }),
    );
  });

  test("never throws on any other text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(parseAltNames(text)).toBeInstanceOf(Array);
      }),
    );
  });
});

describe("a DNS packet", () => {
  const question = { id: 0x1234, name: "api.example", type: "A" } as const;
  const proper = encode({
    type: "response",
    id: question.id,
    questions: [{ name: "api.example", type: "A" }],
    answers: [
      { type: "CNAME", name: "api.example", ttl: 60, class: "IN", data: "b.example" },
      { type: "A", name: "b.example", ttl: 60, class: "IN", data: "10.0.0.1" },
    ],
  });

  /** What a reading contains that no reading may contain. */
  const wrongParts = (packet: Buffer): readonly string[] => {
    const reading = readPacket(packet, question);
    if (reading.kind !== "answer" || reading.answer.kind !== "records") return [];
    const ips = reading.answer.records.map((record) => record.ip);
    return [
      ...ips.filter((ip) => isIP(ip) !== 4),
      ...reading.answer.cnames.filter((cname) => UNSAFE.test(cname)),
    ];
  };

  test("of any bytes never throws and never yields a record that is no address", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(wrongParts(Buffer.from(bytes))).toEqual([]);
      }),
    );
  });

  test("with any bytes of a proper answer changed or cut off does neither", () => {
    const changes = fc.array(fc.tuple(fc.nat(proper.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(changes, fc.nat(proper.length), (edits, end) => {
        const packet = Buffer.from(proper);
        for (const [at, byte] of edits) packet[at] = byte;
        expect(wrongParts(packet.subarray(0, end))).toEqual([]);
        expect(wrongParts(packet)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("asks for the name it was given, if that name can be asked for", () => {
    const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,70}$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 6 }), fc.nat(0xffff), (labels, id) => {
        const name = labels.join(".");
        fc.pre(isAskableName(name));
        const packet = decode(encodeQuestion({ id, name, type: "AAAA" }));
        expect(packet).toMatchObject({ id, questions: [{ name, type: "AAAA" }] });
      }),
    );
  });
});

describe("the smaller parsers", () => {
  test("never throw, and give nothing that is not an address, a time or an identity", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const ips = [...parseHosts(text, "a"), parseServer(text)?.ip ?? "127.0.0.1"];
        expect(ips.filter((ip) => isIP(ip) === 0)).toEqual([]);
        expect(Number.isNaN(parseHttpDate(text) ?? 0)).toBe(false);
        expect(Number.isNaN(parseOpenSslTime(text) ?? 0)).toBe(false);
        expect(parseApiVersions(text).kind).toBe("bad");
      }),
    );
  });

  test("give an identity only with an address that is safe to print", () => {
    const address = fc.oneof(hostile, fc.stringMatching(/^[a-z0-9.:[\]-]{1,40}:\d{1,6}$/));
    fc.assert(
      fc.property(address, (serverAddress) => {
        const body = {
          kind: "APIVersions",
          serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
        };
        const result = parseApiVersions(JSON.stringify(body));
        const shown = result.kind === "ok" ? result.identity.serverAddress : "none:0";
        expect(shown).toMatch(/^[A-Za-z0-9.:[\]-]+:\d{1,5}$/);
      }),
    );
  });

  test("read the times that servers and OpenSSL write", () => {
    const day = { min: new Date("1970-01-02"), max: new Date("2100-01-01"), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(day), (date) => {
        const seconds = Math.floor(date.getTime() / 1_000) * 1_000;
        expect(parseHttpDate(date.toUTCString())).toBe(seconds);
        const [, dd = "", month = "", year = "", time = ""] = date.toUTCString().split(" ");
        const padded = String(Number(dd)).padStart(2, " ");
        expect(parseOpenSslTime(`${month} ${padded} ${time} ${year} GMT`)).toBe(seconds);
      }),
    );
  });
});
