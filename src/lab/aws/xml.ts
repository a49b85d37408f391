/** An element: text, or children. Arrays of nodes are spread where they stand. */
export type XmlNode = readonly [name: string, content: XmlContent];
export type XmlContent = string | number | boolean | readonly XmlNode[];

/** A whole document; the root carries the namespace. Every text is escaped. */
export function writeXml(root: XmlNode, namespace: string | undefined): string {
  const attribute = namespace === undefined ? "" : ` xmlns="${escapeXml(namespace)}"`;
  const [name, content] = root;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${inner(content)}</${name}>`;
}

/** A list as EC2 spells it: `<item>` for each. */
export function itemsOf(lists: readonly (readonly XmlNode[])[]): readonly XmlNode[] {
  return lists.map((content) => ["item", content] as const);
}

function inner(content: XmlContent): string {
  if (!Array.isArray(content)) return escapeXml(String(content));
  return content.map(([name, child]: XmlNode) => `<${name}>${inner(child)}</${name}>`).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Characters XML 1.0 cannot hold at all become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
    .replace(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, (char) =>
      char === "\r" ? "&#13;" : "\uFFFD",
    );
}
