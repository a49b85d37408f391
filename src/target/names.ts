import { bad, ok, type Parsed, quoteInput } from "./parsed.ts";

/** EKS CreateCluster: 1 to 100 letters, digits, `-` and `_`, the first a letter or digit. */
export const CLUSTER_NAME: RegExp = /^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/;

/**
 * By shape and never by a list, because new regions appear: `ap-northeast-2`, `us-gov-west-1`,
 * `us-isob-east-1`, `eusc-de-east-1`.
 */
export const REGION: RegExp = /^[a-z]{2,8}(?:-[a-z]{1,20}){1,4}-[0-9]{1,2}$/;

const ROLE_ARN = /^arn:aws[a-z-]{0,20}:iam::[0-9]{12}:role\/[\w+=,.@/-]{1,512}$/;

/** STS AssumeRole: 2 to 1224 characters of `\w+=,.@:/-`. */
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;

export function parseClusterName(text: string): Parsed<string> {
  if (text.trim() === "")
    return bad("the cluster name is empty; give the name, e.g. --cluster my-cluster");
  if (text.startsWith("arn:")) {
    const name = text.split("/").at(-1) ?? "";
    return bad(
      `${quoteInput(text)} is an ARN; give the cluster's name${CLUSTER_NAME.test(name) ? `: ${name}` : ""}`,
    );
  }
  if (CLUSTER_NAME.test(text)) return ok(text);
  return bad(
    `${quoteInput(text)} is not a cluster name: 1 to 100 letters, digits, "-" and "_", starting with a letter or digit`,
  );
}

export function parseRegion(text: string): Parsed<string> {
  if (REGION.test(text)) return ok(text);
  if (REGION.test(text.slice(0, -1)) && /[a-z]$/.test(text)) {
    return bad(`${quoteInput(text)} is an availability zone; the region is ${text.slice(0, -1)}`);
  }
  return bad(`${quoteInput(text)} is not a region; a region looks like ap-northeast-2`);
}

export function parseRoleArn(text: string): Parsed<string> {
  if (ROLE_ARN.test(text)) return ok(text);
  return bad(
    `${quoteInput(text)} is not a role ARN; one looks like arn:aws:iam::111122223333:role/NAME`,
  );
}

export function parseExternalId(text: string): Parsed<string> {
  if (EXTERNAL_ID.test(text)) return ok(text);
  return bad(`${quoteInput(text)} is not an external id: 2 to 1224 letters, digits and +=,.@:/_-`);
}
