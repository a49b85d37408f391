import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";

const require = createRequire(import.meta.url);

/**
 * The SARIF 2.1.0 schema that Microsoft ships with its matchers. It is of JSON Schema draft 4; but
 * for its `id` and `$schema` it uses nothing that means another thing in draft 7, which is asserted.
 */
function readSchema(): object {
  const home = dirname(require.resolve("@microsoft/jest-sarif/package.json"));
  const text = readFileSync(join(home, "lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8");
  if (/exclusiveM(?:in|ax)imum/.test(text)) throw new Error("the SARIF schema needs draft 4");
  const { id: _id, $schema: _draft, ...schema }: Record<string, unknown> = JSON.parse(text);
  return schema;
}

// One of its patterns is none by the rules of unicode.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formats.default(ajv);
const validate = ajv.compile(readSchema());

export function sarifProblems(log: unknown): readonly unknown[] {
  validate(log);
  return validate.errors ?? [];
}
