import { type Fact, known, unknown } from "../../model/fact.ts";
import type { Failure } from "../../model/failure.ts";
import type { TokenReplay } from "../../model/investigation.ts";
import { sanitizeText } from "../../model/text.ts";
import { fieldsOf, wordsOf } from "../fields.ts";
import { failureOf } from "../outcome.ts";
import type { StsReply } from "./sts-request.ts";

const ACTION = "sts:GetCallerIdentity";

/** Of a role's session, its path included: what ends up longer is no ARN. */
const ARN = /^arn:[a-z0-9-]{1,32}:(?:iam|sts)::\d{12}:[\w+=,.@/-]{1,900}$/;

/** Codes that speak of the moment and not of the token. */
const THROTTLED = /^(?:Throttl|RequestThrottled|TooManyRequests|RequestLimitExceeded|SlowDown)/;

/**
 * What STS said of the token. Only STS's own 4xx is a verdict: being throttled, a redirect, a proxy's
 * page and a server's trouble leave it unknown.
 */
export function readVerdict({ status, body }: StsReply, host: string): Fact<TokenReplay> {
  if (status === 200) return readIdentity(body, host);
  const error = readError(body);
  const code = error === undefined ? undefined : wordsOf(error.code, 80);
  if (status === 429 || THROTTLED.test(code ?? "")) {
    return unknown(stsFailure("throttled", `was throttled by AWS (${code ?? status})`, code));
  }
  if (status >= 500) {
    const told = code === undefined ? "" : `, ${code}`;
    return unknown(stsFailure("aws-error", `failed: HTTP ${status}${told}`, code));
  }
  if (status >= 300 && status < 400) return unknown(notSts(host, `HTTP ${status}, not followed`));
  if (status < 400 || error === undefined || code === undefined) {
    return unknown(notSts(host, `HTTP ${status}`));
  }
  return known({
    kind: "refused",
    status,
    code,
    message: wordsOf(error.message, 300),
  });
}

/** For an answer that STS does not give. */
export function notSts(host: string, reason: string): Failure {
  const shown = sanitizeText(host, 100);
  return stsFailure(
    "aws-answer-invalid",
    `: ${shown} gave an answer that is not AWS's (${reason})`,
  );
}

function readIdentity(body: string, host: string): Fact<TokenReplay> {
  const { arn, account } = isXmlOf("GetCallerIdentityResponse", body)
    ? { arn: elementOf("Arn", body), account: elementOf("Account", body) }
    : identityOfJson(body);
  if (typeof arn !== "string" || !ARN.test(arn)) {
    return unknown(notSts(host, "HTTP 200 without an identity"));
  }
  const isAccount = typeof account === "string" && /^\d{12}$/.test(account);
  return known({ kind: "accepted", arn, account: isAccount ? account : undefined });
}

function identityOfJson(body: string): { readonly arn: unknown; readonly account: unknown } {
  const { GetCallerIdentityResponse } = fieldsOf(parseJson(body));
  const { GetCallerIdentityResult } = fieldsOf(GetCallerIdentityResponse);
  const { Arn, Account } = fieldsOf(GetCallerIdentityResult);
  return { arn: Arn, account: Account };
}

interface StsError {
  readonly code: string;
  readonly message: string;
}

function readError(body: string): StsError | undefined {
  const { code, message } = isXmlOf("ErrorResponse", body)
    ? { code: elementOf("Code", body), message: elementOf("Message", body) }
    : errorOfJson(body);
  // A code is a word; anything else is not STS's.
  if (typeof code !== "string" || !/^\w[\w.]{0,99}$/.test(code)) return undefined;
  return { code, message: typeof message === "string" ? message.trim() : "" };
}

function errorOfJson(body: string): { readonly code: unknown; readonly message: unknown } {
  const { Error: error } = fieldsOf(parseJson(body));
  const { Code, Message } = fieldsOf(error);
  return { code: Code, message: Message };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** STS answers in JSON where it is asked to, what stands in for it often in XML: told by the start. */
function isXmlOf(root: string, body: string): boolean {
  const start = body.replace(/^\uFEFF?\s*(?:<\?xml[^>]{0,200}\?>\s*)?/, "");
  return start.startsWith(`<${root}>`) || start.startsWith(`<${root} `);
}

/** The text of the first element of that name; STS's answers have each but once. */
function elementOf(name: string, body: string): string | undefined {
  const start = body.indexOf(`<${name}>`);
  const end = body.indexOf(`</${name}>`, start);
  if (start === -1 || end === -1) return undefined;
  return body
    .slice(start + name.length + 2, end)
    .replace(/&(?:lt|gt|quot|apos|#39|amp);/g, (entity) => {
      return ENTITIES[entity] ?? entity;
    });
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&#39;": "'",
  "&amp;": "&",
};

function stsFailure(
  code: "throttled" | "aws-error" | "aws-answer-invalid",
  said: string,
  cause?: string,
): Failure {
  const gap = said.startsWith(":") ? "" : " ";
  return failureOf(code, "investigate", "aws", `${ACTION}${gap}${said}`, cause);
}
