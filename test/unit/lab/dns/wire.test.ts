import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerMessage } from "../../../../src/lab/dns/answer.ts";
import { readQuery } from "../../../../src/lab/dns/wire.ts";
import { decode, question } from "../../../support/dns-client.ts";

const records = { a: ["10.0.0.1"], aaaa: [], ttlSeconds: 60 };

function answer(message: Buffer): Buffer | undefined {
  return answerMessage(message, {
    zone: new Map([["a.example", records]]),
    fault: undefined,
    transport: "udp",
    timesAsked: () => 0,
  }).reply;
}

describe("any bytes at all", () => {
  it("make the reader neither throw nor answer an answer", () => {
    const nearly = fc
      .tuple(fc.uint8Array({ maxLength: 60 }), fc.nat(40))
      .map(([tail, cut]) => Buffer.concat([question("a.example").subarray(0, cut), tail]));
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(noise, nearly), (message) => {
        const received = readQuery(message);
        const isAnswer = message.length >= 12 && message.readUInt8(2) >= 0x80;
        expect(received.kind === "ignore").toBe(message.length < 12 || isAnswer);
        const reply = answer(message);
        const expected = received.kind === "ignore" ? undefined : message.readUInt16BE(0);
        expect(reply?.readUInt16BE(0)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("any name", () => {
  it("comes back in an answer that another decoder reads", () => {
    const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 6 }), (labels) => {
        const name = labels.join(".");
        expect(decode(answer(question(name))).questions).toMatchObject([{ name, type: "A" }]);
      }),
    );
  });
});
