import * as v from "valibot";
import type { Fact } from "../model/fact.ts";
import type { ServerVersion } from "../model/inspection.ts";
import { readDocument, shortText } from "./reply.ts";

const MAX_VERSION = 100;

const Version = v.pipe(
  v.object({
    gitVersion: shortText(MAX_VERSION),
    platform: v.optional(shortText(MAX_VERSION)),
  }),
  v.transform(({ gitVersion, platform }): ServerVersion => ({ gitVersion, platform })),
);

/** Reads the answer to `GET /version` (recorded: kube-apiserver 1.20). Never throws. */
export function parseVersion(body: string): Fact<ServerVersion> {
  return readDocument(body, Version, "the body of /version");
}
