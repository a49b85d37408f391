/**
 * One line of a plugin's output by the Monitoring Plugins' development guidelines ("Plugin Output",
 * "Performance data", "Threshold and ranges"); strict: what the guidelines do not allow is an error.
 */
export interface PluginOutput {
  readonly text: string;
  readonly data: Readonly<Record<string, Datum>>;
}

interface Datum {
  readonly value: number;
  readonly unit: string;
  readonly warning: string;
  readonly critical: string;
  readonly minimum: string;
  readonly maximum: string;
}

const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
const RANGE = String.raw`@?(?:(?:~|${NUMBER})?:)?(?:${NUMBER})?`;
const LABEL = String.raw`'((?:[^'=|]|'')+)'`;
const DATUM = new RegExp(
  String.raw`^${LABEL}=(${NUMBER})(s|us|ms|%|B|KB|MB|TB|c)?;(${RANGE});(${RANGE});(${NUMBER})?(?:;(${NUMBER})?)?(?: |$)`,
);

export function parsePluginOutput(output: string): PluginOutput {
  const match = /^(?<text>[^|\n\r]+) \| (?<data>[^|\n\r]+)\n$/.exec(output);
  if (match?.groups === undefined) throw new Error(`not one line with data: ${output}`);
  const data: Record<string, Datum> = {};
  let rest = match.groups["data"] ?? "";
  while (rest !== "") {
    const datum = DATUM.exec(rest);
    if (datum === null) throw new Error(`no performance data: ${rest}`);
    const [whole, label = "", value, unit, warning, critical, minimum, maximum] = datum;
    if (data[label] !== undefined) throw new Error(`twice: ${label}`);
    data[label] = {
      value: Number(value),
      unit: unit ?? "",
      warning: warning ?? "",
      critical: critical ?? "",
      minimum: minimum ?? "",
      maximum: maximum ?? "",
    };
    rest = rest.slice(whole.length);
  }
  return { text: match.groups["text"] ?? "", data };
}
