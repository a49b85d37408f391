import { XMLValidator } from "fast-xml-parser";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";

/** As GitHub would show it. */
export function toHtml(markdown: string): string {
  return micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    // A tag that got through is to be seen in the HTML, not to be hidden by the renderer.
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  });
}

/** Names of the elements in it, each once. Throws where it is not well-formed. */
export function elementsOf(html: string): ReadonlySet<string> {
  const verdict = XMLValidator.validate(`<html>${html}</html>`);
  if (verdict !== true) throw new Error(JSON.stringify(verdict));
  return new Set([...html.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name = ""]) => name));
}

/** The text of each cell of its tables, row by row. */
export function cellsOf(html: string): readonly (readonly string[])[] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = ""]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = ""]) => textOf(cell)),
  );
}

function textOf(html: string): string {
  return html
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}
