/** What a request is about, as the API server's authorizer sees it. */
export type RequestInfo =
  /** A path that is no resource: `/api`, `/version`, `/livez`. The verb is the method. */
  | { readonly kind: "path"; readonly verb: string; readonly path: string }
  | {
      readonly kind: "resource";
      readonly verb: string;
      /** Empty for the core group. */
      readonly group: string;
      readonly version: string;
      /** Undefined at cluster scope. */
      readonly namespace: string | undefined;
      readonly resource: string;
      readonly name: string | undefined;
    };

const VERBS: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/**
 * Splits `/api/v1/[namespaces/NS/]RESOURCE[/NAME]` and `/apis/GROUP/VERSION/…`; any other path,
 * discovery included, is a plain path.
 */
export function parseRequestInfo(method: string, path: string): RequestInfo {
  const plain: RequestInfo = { kind: "path", verb: method.toLowerCase(), path };
  const parts = path.split("/").filter((part) => part !== "");
  const prefix = parts.shift();
  if (prefix !== "api" && prefix !== "apis") return plain;
  const group = prefix === "apis" ? parts.shift() : "";
  const version = parts.shift();
  if (group === undefined || version === undefined || parts.length === 0) return plain;
  const namespace = parts[0] === "namespaces" && parts.length > 2 ? parts[1] : undefined;
  const [resource, name] = namespace === undefined ? parts : parts.slice(2);
  if (resource === undefined) return plain;
  const verb = resourceVerb(VERBS[method] ?? method.toLowerCase(), name);
  return { kind: "resource", verb, group, version, namespace, resource, name };
}

function resourceVerb(verb: string, name: string | undefined): string {
  if (name !== undefined) return verb;
  if (verb === "get") return "list";
  return verb === "delete" ? "deletecollection" : verb;
}
