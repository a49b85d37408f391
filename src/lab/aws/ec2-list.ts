import type { LabVpc } from "../scenario/vpc.ts";
import { completeVpcs } from "../vpc.ts";
import { applyFilters, type FilterFields, readFilters } from "./ec2-filter.ts";
import { takePage } from "./ec2-page.ts";
import { listParam } from "./request.ts";
import type { AwsCall, AwsWorld, ServiceResult } from "./service.ts";
import { ok, serviceError } from "./service.ts";
import { itemsOf, writeXml, type XmlNode } from "./xml.ts";

const EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/** One of EC2's Describe actions that list: by ids, by filters, page by page. */
export interface Listing<T> {
  /** `DescribeSubnets` */
  readonly action: string;
  /** Of the parameter that lists ids: `SubnetId`. */
  readonly idParam: string;
  /** Element of the answer that holds the items: `subnetSet`. */
  readonly set: string;
  readonly idOf: (resource: T) => string;
  /** Error code and message for an id that is not there. */
  readonly notFound: (id: string) => readonly [code: string, message: string];
  readonly fields: FilterFields<T>;
  readonly nodesOf: (resource: T) => readonly XmlNode[];
  /** The most that a page may have; default 1000. */
  readonly maxResults?: number;
}

export function describeList<T>(
  resources: readonly T[],
  listing: Listing<T>,
  call: AwsCall,
): ServiceResult {
  const { params } = call.request;
  const ids = listParam(params, listing.idParam);
  const absent = ids.find((id) => !resources.some((resource) => listing.idOf(resource) === id));
  if (absent !== undefined) return serviceError(...listing.notFound(absent));
  const named =
    ids.length === 0
      ? resources
      : resources.filter((resource) => ids.includes(listing.idOf(resource)));
  const filtered = applyFilters(named, readFilters(params), listing.fields);
  if (filtered.kind === "refused") return filtered.result;
  const paged = takePage(filtered.resources, params, listing.maxResults);
  if (paged.kind === "refused") return paged.result;
  return answerEc2(listing.action, call, [
    [listing.set, itemsOf(paged.page.map(listing.nodesOf))],
    ...(paged.nextToken === undefined ? [] : [["nextToken", paged.nextToken] as const]),
  ]);
}

export function answerEc2(
  action: string,
  call: AwsCall,
  children: readonly XmlNode[],
): ServiceResult {
  const all: readonly XmlNode[] = [["requestId", call.requestId], ...children];
  return ok(writeXml([`${action}Response`, all], EC2_NAMESPACE));
}

/** The VPCs that the caller's region has. */
export function vpcsIn(call: AwsCall, { scenario }: AwsWorld): readonly LabVpc[] {
  return call.region === scenario.region ? completeVpcs(scenario) : [];
}

export const NO_TAGS: XmlNode = ["tagSet", []];
