import type { FakeAnswer } from "./fake-aws.ts";

/** An answer of EC2, in its XML: `list` is the element around the items, each the inside of an `<item>`. */
export function ec2List(
  action: string,
  list: string,
  items: readonly string[],
  nextToken?: string,
): FakeAnswer {
  const more = nextToken === undefined ? "" : `<nextToken>${nextToken}</nextToken>`;
  return ec2Answer(action, `${element(list, itemsXml(items))}${more}`);
}

/** An answer of EC2 with any inside. */
export function ec2Answer(action: string, inside: string): FakeAnswer {
  return {
    type: "text/xml;charset=UTF-8",
    body: `<?xml version="1.0" encoding="UTF-8"?><${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0f6c1a</requestId>${inside}</${action}Response>`,
  };
}

export function itemsXml(items: readonly string[]): string {
  return items.map((item) => element("item", item)).join("");
}

export function element(name: string, inside: string): string {
  return inside === "" ? `<${name}/>` : `<${name}>${inside}</${name}>`;
}

/** The values of the first filter in an EC2 request. */
export function filterOf(form: URLSearchParams): {
  readonly name: string | null;
  readonly values: readonly string[];
} {
  const values = [...form.entries()]
    .filter(([key]) => key.startsWith("Filter.1.Value."))
    .map(([, value]) => value);
  return { name: form.get("Filter.1.Name"), values };
}
