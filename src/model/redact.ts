const REDACTED = "[redacted]";

/** What a secret looks like, most telling first. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/k8s-aws-v1\.[\w-]+/g, "[token]"],
  [/\bbearer\s+[\w.~+/-]+=*/gi, "[token]"],
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, "[token]"],
  // Access key ids, long-lived and temporary.
  [/(?:A3T[A-Z0-9]|AKI[A-Z]|ASI[A-Z]|ABIA|ACCA)[A-Z0-9]{6,}/g, "[key id]"],
  // name=value and "name": "value", for names that promise a secret.
  [
    /((?:signature|security-?token|session-?_?token|access-?_?key(?:-?_?id)?|secret(?:-?_?access)?-?_?key|credential|password|authorization)["']?\s*[=:]\s*["']?)(?!\[)[^\s"'&,;<>]+/gi,
    `$1${REDACTED}`,
  ],
  // Digests and signatures.
  [/[0-9a-f]{40,}/gi, REDACTED],
  // Secret keys (40 characters), session tokens, encoded authorization messages.
  [/[A-Za-z0-9+/=_-]{40,}/g, REDACTED],
];

/** No message worth reading is longer, and a pattern on megabytes overflows the regexp engine's stack. */
const MAX_LENGTH = 8_192;

/**
 * The text without anything that looks like an AWS key id, secret key, session token, signature or
 * bearer token. Meant for messages of others: it rather takes too much than too little. Of an
 * overlong text the start, up to the last whole word: half a secret no longer looks like one.
 */
export function redact(text: string): string {
  let clean = text.length > MAX_LENGTH ? wholeWords(text.slice(0, MAX_LENGTH)) : text;
  for (const [pattern, replacement] of SECRETS) clean = clean.replace(pattern, replacement);
  return clean;
}

function wholeWords(text: string): string {
  return `${text.slice(0, text.search(/\S*$/))}…`;
}

/** What is a token or a key id beyond doubt, and no name that anyone gives. */
const UNMISTAKABLE: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/k8s-aws-v1\.[\w-]+/g, "[token]"],
  [/\beyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)?/g, "[token]"],
  [/(?<![A-Z0-9])A(?:KI|SI)A[A-Z0-9]{16}(?![A-Z0-9])/g, "[key id]"],
];

/**
 * The same for names out of the user's own files, which may be long, and look like anything: they
 * lose what was written there in place of a name, and nothing else.
 */
export function redactName(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of UNMISTAKABLE) clean = clean.replace(pattern, replacement);
  return clean;
}
