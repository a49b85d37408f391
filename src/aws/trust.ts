import { readFile } from "node:fs/promises";
import { sanitizeText } from "../model/text.ts";
import type { AwsOptions } from "./options.ts";
import { failed, failureOf, type Outcome, ok } from "./outcome.ts";

/**
 * The certificates to trust for AWS's own endpoints, PEM; undefined: Node's roots. AWS_CA_BUNDLE
 * replaces the default roots, as it does for awscli. The JavaScript SDK does not read it.
 * Fails with aws-unreachable, side user, when the file cannot be read or holds no certificate.
 */
export async function loadTrust(options: AwsOptions): Promise<Outcome<string | undefined>> {
  const path = options.environment["AWS_CA_BUNDLE"];
  if (path === undefined || path === "") return ok(undefined);
  const shown = sanitizeText(path, 200);
  let pem: string;
  try {
    pem = await readFile(path, "utf8");
  } catch (error) {
    const code = codeOf(error);
    return failed(
      failureOf(
        "aws-unreachable",
        "request",
        "user",
        `AWS_CA_BUNDLE: ${shown} cannot be read (${code})`,
        code,
      ),
    );
  }
  // Node takes a file without certificates in silence and then trusts nobody.
  if (!/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(pem)) {
    return failed(
      failureOf(
        "aws-unreachable",
        "request",
        "user",
        `AWS_CA_BUNDLE: ${shown} holds no PEM certificate`,
      ),
    );
  }
  return ok(pem);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown error";
}
