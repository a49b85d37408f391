export type ExecApiVersion =
  | "client.authentication.k8s.io/v1"
  | "client.authentication.k8s.io/v1beta1"
  | "client.authentication.k8s.io/v1alpha1";

/** The document a kubeconfig exec plugin prints; keys in awscli's order. */
export interface ExecCredential {
  readonly kind: "ExecCredential";
  readonly apiVersion: ExecApiVersion;
  readonly spec: Readonly<Record<string, never>>;
  readonly status: { readonly expirationTimestamp: string; readonly token: string };
}

/** Which version to answer in. A warning is for stderr: the answer is usable all the same. */
export type ExecInfo =
  | {
      readonly kind: "ok";
      readonly apiVersion: ExecApiVersion;
      readonly warning: string | undefined;
    }
  | { readonly kind: "bad"; readonly message: string };

/** What awscli falls back to: every EKS version in support knows it. */
const FALLBACK = "client.authentication.k8s.io/v1beta1";

/** The secret is in the result: print it, never log it. */
export function execCredential(
  token: string,
  expiresAt: string,
  apiVersion: ExecApiVersion,
): ExecCredential {
  return {
    kind: "ExecCredential",
    apiVersion,
    spec: {},
    status: { expirationTimestamp: expiresAt, token },
  };
}

/**
 * Reads KUBERNETES_EXEC_INFO as `aws eks get-token` 1.45 does: absent or empty gives v1beta1; v1 and
 * v1beta1 are answered in kind, v1alpha1 too with a warning; an unknown version and text that is not
 * JSON give v1beta1 with a warning; JSON that is not an object is an error.
 */
export function apiVersionFromExecInfo(value: string | undefined): ExecInfo {
  if (value === undefined || value === "") return usable(FALLBACK);
  let info: unknown;
  try {
    info = JSON.parse(value);
  } catch {
    return usable(FALLBACK, `KUBERNETES_EXEC_INFO is not JSON; answering in ${FALLBACK}`);
  }
  if (typeof info !== "object" || info === null || Array.isArray(info)) {
    return { kind: "bad", message: "KUBERNETES_EXEC_INFO is JSON, but not an object" };
  }
  const version: unknown = "apiVersion" in info ? info.apiVersion : undefined;
  if (
    version === "client.authentication.k8s.io/v1" ||
    version === "client.authentication.k8s.io/v1beta1"
  ) {
    return usable(version);
  }
  if (version === "client.authentication.k8s.io/v1alpha1") {
    return usable(version, `the kubeconfig asks for ${version}, which Kubernetes 1.24 removed`);
  }
  return usable(
    FALLBACK,
    `KUBERNETES_EXEC_INFO asks for an unknown API version; answering in ${FALLBACK}`,
  );
}

function usable(apiVersion: ExecApiVersion, warning?: string): ExecInfo {
  return { kind: "ok", apiVersion, warning };
}
