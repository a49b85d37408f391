import { sanitizeText } from "../../model/text.ts";

/** XML 1.0 has no way to write these, not even as a reference (section 2.2). */
const ILLEGAL = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

const MAX_LENGTH = 4_096;

/** Text of others, on one line, for an attribute or an element. */
function escapeXml(text: string): string {
  return sanitizeText(text, MAX_LENGTH)
    .replace(ILLEGAL, "\uFFFD")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

export type Attributes = Readonly<Record<string, string>>;

/** `<name a="b">`; with `/` at its end where it holds nothing. */
export function openTag(name: string, attributes: Attributes, end: "" | "/" = ""): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  return `<${name}${written.join("")}${end}>`;
}

/** An element with lines of text. */
export function textElement(
  name: string,
  attributes: Attributes,
  lines: readonly string[],
): string {
  if (lines.length === 0) return openTag(name, attributes, "/");
  return `${openTag(name, attributes)}${lines.map(escapeXml).join("\n")}</${name}>`;
}
