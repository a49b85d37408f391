import * as v from "valibot";
import { LineCounter, parseDocument } from "yaml";
import type { Failure } from "../model/failure.ts";
import type { ExecConfig } from "./exec-user.ts";
import { fileFailure } from "./files.ts";

/** One kubeconfig file, as far as it is read. Holds secrets: never part of a result. */
export interface KubeconfigDocument {
  readonly currentContext: string | undefined;
  readonly contexts: readonly Named<ContextConfig>[];
  readonly clusters: readonly Named<ClusterConfig>[];
  readonly users: readonly Named<UserConfig>[];
}

export interface Named<T> {
  readonly name: string;
  readonly value: T;
}

export interface ContextConfig {
  readonly cluster: string | undefined;
  readonly user: string | undefined;
}

export interface ClusterConfig {
  readonly server: string | undefined;
  readonly authorityData: string | undefined;
  readonly authorityFile: string | undefined;
  readonly skipsVerification: boolean;
  readonly tlsServerName: string | undefined;
  readonly proxyUrl: string | undefined;
}

export interface UserConfig {
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly exec: ExecConfig | undefined;
  readonly hasCertificate: boolean;
}

/** YAML makes a number of `1234` where the kubeconfig's reader wants a text. */
const Text = v.pipe(
  v.nullish(v.union([v.string(), v.number(), v.boolean()]), ""),
  v.transform((value) => (value === "" ? undefined : String(value))),
);
const Name = v.pipe(
  v.union([v.string(), v.number(), v.boolean()]),
  v.transform((value) => String(value)),
);

function listOf<const S extends v.GenericSchema>(schema: S) {
  return v.nullish(v.array(schema), []);
}

const Exec = v.object({
  command: Name,
  args: listOf(Name),
  env: listOf(v.object({ name: Name, value: v.nullish(Name, "") })),
});

const Context = v.object({ cluster: Text, user: Text });

const Cluster = v.pipe(
  v.object({
    server: Text,
    "certificate-authority-data": Text,
    "certificate-authority": Text,
    "insecure-skip-tls-verify": v.nullish(v.boolean()),
    "tls-server-name": Text,
    "proxy-url": Text,
  }),
  v.transform(
    (cluster): ClusterConfig => ({
      server: cluster.server,
      authorityData: cluster["certificate-authority-data"],
      authorityFile: cluster["certificate-authority"],
      skipsVerification: cluster["insecure-skip-tls-verify"] === true,
      tlsServerName: cluster["tls-server-name"],
      proxyUrl: cluster["proxy-url"],
    }),
  ),
);

const User = v.pipe(
  v.object({
    token: Text,
    tokenFile: Text,
    exec: v.nullish(Exec),
    "client-certificate": Text,
    "client-certificate-data": Text,
  }),
  v.transform(
    (user): UserConfig => ({
      token: user.token,
      tokenFile: user.tokenFile,
      exec: user.exec ?? undefined,
      hasCertificate:
        user["client-certificate"] !== undefined || user["client-certificate-data"] !== undefined,
    }),
  ),
);

const Kubeconfig = v.object({
  "current-context": Text,
  contexts: listOf(v.object({ name: Name, context: v.nullish(Context, {}) })),
  clusters: listOf(v.object({ name: Name, cluster: v.nullish(Cluster, {}) })),
  users: listOf(v.object({ name: Name, user: v.nullish(User, {}) })),
});

export type ParsedKubeconfig =
  | { readonly kind: "ok"; readonly document: KubeconfigDocument }
  | { readonly kind: "bad"; readonly failure: Failure };

/** A kubeconfig repeats nothing; a file of nested aliases would grow without bound. */
const MAX_ALIASES = 100;

/**
 * Reads the YAML of one file. Never throws.
 *
 * Failure: `file-invalid`, with the line or the field that is wrong, and nothing of the content: the
 * parser's own messages quote it.
 */
export function parseKubeconfig(text: string, path: string): ParsedKubeconfig {
  let value: unknown;
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: "silent",
      merge: true,
      // Its check takes the square of the time, and kubectl does without it.
      uniqueKeys: false,
    });
    const [error] = document.errors;
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0]);
      return bad(path, `is not YAML: line ${line} cannot be read`);
    }
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    return bad(path, "is not YAML that can be read: nested too deeply, or full of aliases");
  }
  // Valibot takes a list for an object without any of the keys.
  if (Array.isArray(value)) return bad(path, "is not a kubeconfig: it is a list");
  // An empty file is an empty kubeconfig.
  const parsed = v.safeParse(Kubeconfig, value ?? {});
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0]);
    return bad(path, `is not a kubeconfig${where === null ? "" : `: ${where} is not of its form`}`);
  }
  const { contexts, clusters, users } = parsed.output;
  return {
    kind: "ok",
    document: {
      currentContext: parsed.output["current-context"],
      contexts: contexts.map(({ name, context }) => ({ name, value: context })),
      clusters: clusters.map(({ name, cluster }) => ({ name, value: cluster })),
      users: users.map(({ name, user }) => ({ name, value: user })),
    },
  };
}

function bad(path: string, what: string): ParsedKubeconfig {
  return { kind: "bad", failure: fileFailure("file-invalid", path, what) };
}
