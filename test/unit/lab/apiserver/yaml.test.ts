import { expect, it } from "vitest";
import { toYaml } from "../../../../src/lab/apiserver/yaml.ts";

it("quotes what YAML would read as something else than the string it is", () => {
  expect(toYaml({ a: "yes", b: "1.20", c: "x: y", d: "", e: true, f: 443 })).toBe(
    'a: "yes"\nb: "1.20"\nc: "x: y"\nd: ""\ne: true\nf: 443\n',
  );
});

it("nests lists and objects without indenting lists", () => {
  expect(
    toYaml({ b: [{ ip: "10.0.0.1", port: 1 }, { ip: "10.0.0.2" }], a: { c: {}, d: [] } }),
  ).toBe("a:\n  c: {}\n  d: []\nb:\n- ip: 10.0.0.1\n  port: 1\n- ip: 10.0.0.2\n");
});
