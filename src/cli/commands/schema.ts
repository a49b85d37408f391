import { REPORT_SCHEMA } from "../../report/json/schema.ts";
import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";

export const runSchema: RunCommand = (_values, _rest, io) => {
  io.stdout.write(`${JSON.stringify(REPORT_SCHEMA, null, 2)}\n`);
  return Promise.resolve(EXIT.ok);
};
