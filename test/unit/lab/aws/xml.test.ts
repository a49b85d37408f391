import * as fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { writeXml } from "../../../../src/lab/aws/xml.ts";

describe("the XML writer", () => {
  it("writes text that an XML parser reads back, whatever characters are in it", () => {
    const parser = new XMLParser({ parseTagValue: false, trimValues: false });
    const printable = fc.string({
      unit: fc.constantFrom("<", ">", "&", '"', "'", "a", "é", "]", "😀"),
    });
    fc.assert(
      fc.property(printable, (text) => {
        const read = parser.parse(writeXml(["r", [["t", text]]], undefined));
        expect(read.r.t).toBe(text);
      }),
    );
  });

  it("replaces what XML cannot hold at all, such as an escape character", () => {
    expect(writeXml(["r", "\u001b[31m\u0000"], undefined)).toContain("<r>\uFFFD[31m\uFFFD</r>");
  });

  it("puts the namespace on the root only", () => {
    expect(writeXml(["r", [["t", 1]]], "urn:x")).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<r xmlns="urn:x"><t>1</t></r>',
    );
  });
});
