import { dirname, resolve } from "node:path";
import { type Fact, known, skipped, unknown } from "../model/fact.ts";
import type { KubeconfigEntry, KubeconfigUser } from "../model/local-settings.ts";
import { redact, redactName } from "../model/redact.ts";
import { sanitizeText } from "../model/text.ts";
import { readExecUser } from "./exec-user.ts";
import { fileFailure, readTextFile, shownPath } from "./files.ts";
import type { ClusterConfig, UserConfig } from "./kubeconfig-document.ts";
import type { MergedContext } from "./merged-context.ts";
import { certificatesIn } from "./pem.ts";
import { type Environment, proxyUrl } from "./proxy.ts";
import { serverUrl } from "./server-url.ts";
import { signedAt } from "./static-token.ts";

const MAX_NAME = 300;
const MAX_URL = 500;
const MAX_CA_BYTES = 1_000_000;
const MAX_TOKEN_BYTES = 64 * 1024;

/** The context without its secrets. What it refers to is looked at: CA file, token file, command. */
export async function readEntry(
  context: MergedContext,
  matchedBy: KubeconfigEntry["matchedBy"],
  environment: Environment,
): Promise<KubeconfigEntry> {
  const { value: cluster, path } = context.cluster;
  return {
    file: shownPath(context.path),
    context: sanitizeText(redactName(context.name), MAX_NAME),
    current: context.current,
    matchedBy,
    server: plainUrl(cluster.server ?? ""),
    tlsServerName:
      cluster.tlsServerName === undefined
        ? undefined
        : sanitizeText(redactName(cluster.tlsServerName), MAX_NAME),
    certificateAuthority: await readAuthority(cluster, path),
    skipsVerification: cluster.skipsVerification,
    proxyUrl: cluster.proxyUrl === undefined ? undefined : proxyUrl(cluster.proxyUrl),
    user: await readUser(context.user, environment),
  };
}

/** A URL without user name, password, query and fragment; of another text what is no secret. */
export function plainUrl(written: string): string {
  const text = serverUrl(written);
  if (!URL.canParse(text)) return sanitizeText(redact(text), MAX_URL);
  const { protocol, host, pathname } = new URL(text);
  return sanitizeText(`${protocol}//${host}${pathname === "/" ? "" : pathname}`, MAX_URL);
}

/** The data beats the file, as for kubectl; a relative path starts at the kubeconfig's folder. */
async function readAuthority(cluster: ClusterConfig, path: string): Promise<Fact<string>> {
  const { authorityData, authorityFile } = cluster;
  if (authorityData !== undefined) {
    const text = Buffer.from(authorityData, "base64").toString("latin1");
    const pem = certificatesIn(text);
    const what = "has a certificate-authority-data that is not base64 of PEM certificates";
    return pem === undefined ? unknown(fileFailure("file-invalid", path, what)) : known(pem);
  }
  if (authorityFile === undefined) return skipped("the kubeconfig names no CA for it");
  const file = resolve(dirname(path), authorityFile);
  const read = await readTextFile(file, MAX_CA_BYTES);
  switch (read.kind) {
    case "absent":
      return unknown(fileFailure("file-unreadable", file, "is not there", "ENOENT"));
    case "failed":
      return unknown(read.failure);
    case "text": {
      const pem = certificatesIn(read.text);
      return pem === undefined
        ? unknown(fileFailure("file-invalid", file, "holds no PEM certificates"))
        : known(pem);
    }
  }
}

/** In the order in which client-go looks: a token beats a command, and a token's file the token. */
async function readUser(
  user: { readonly path: string; readonly value: UserConfig } | undefined,
  environment: Environment,
): Promise<KubeconfigUser> {
  if (user === undefined) return { kind: "other" };
  const { token, tokenFile, exec, hasCertificate } = user.value;
  if (tokenFile !== undefined) {
    const read = await readTextFile(resolve(dirname(user.path), tokenFile), MAX_TOKEN_BYTES);
    return { kind: "token", signedAt: read.kind === "text" ? signedAt(read.text) : undefined };
  }
  if (token !== undefined) return { kind: "token", signedAt: signedAt(token) };
  if (exec !== undefined) return readExecUser(exec, user.path, environment);
  return hasCertificate ? { kind: "certificate" } : { kind: "other" };
}
