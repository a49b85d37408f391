import { loadSharedConfigFiles } from "@smithy/core/config";
import { sanitizeText } from "../model/text.ts";
import { configuredEndpoint } from "./configured-endpoint.ts";
import type { AwsOptions } from "./options.ts";
import { failed, failureOf, type Outcome, ok } from "./outcome.ts";

export type AwsService = "eks" | "ec2" | "sts";

/** What the shared files say about one profile, both files merged. */
export type ProfileSection = Readonly<Record<string, string | undefined>>;

/** Everything the calls need to know beyond credentials. */
export interface AwsSettings {
  readonly region: string;
  readonly useFips: boolean;
  readonly useDualstack: boolean;
  /** Set by AWS_ENDPOINT_URL*, or the profile; undefined: AWS's own. */
  readonly endpoints: Readonly<Record<AwsService, string | undefined>>;
  readonly profile: ProfileSection;
}

/** The profile asked for by name; undefined when nobody named one. */
export function profileName(options: AwsOptions): string | undefined {
  return options.profile ?? given(options.environment["AWS_PROFILE"]);
}

/** Where the shared files are, as the SDK's own parameters. */
export function sharedFiles(options: AwsOptions): {
  readonly filepath?: string;
  readonly configFilepath?: string;
} {
  const filepath = given(options.environment["AWS_SHARED_CREDENTIALS_FILE"]);
  const configFilepath = given(options.environment["AWS_CONFIG_FILE"]);
  return {
    ...(filepath === undefined ? {} : { filepath }),
    ...(configFilepath === undefined ? {} : { configFilepath }),
  };
}

/**
 * Region and endpoints, from the option, the environment and the shared files, in this order.
 * The SDK does most of this by itself, but it ignores AWS_DEFAULT_REGION, takes `endpoint_url` from
 * AWS_PROFILE's section even when another profile is passed to it, asks the instance metadata
 * service for a missing region, and reads AWS_USE_FIPS_ENDPOINT=TRUE as false without a word.
 *
 * Fails with no-region (none, or not shaped as one), no-credentials (a named profile that is in
 * neither file), aws-error (an endpoint that is not an http or https URL).
 */
export async function loadSettings(options: AwsOptions): Promise<Outcome<AwsSettings>> {
  const files = await loadSharedConfigFiles({
    ...sharedFiles(options),
    // The SDK reads a file once in a process; this one may have been mended since.
    ignoreCache: true,
  });
  const named = profileName(options);
  const name = named ?? "default";
  const config = files.configFile[name];
  const credentials = files.credentialsFile[name];
  if (named !== undefined && config === undefined && credentials === undefined) {
    return failed(
      failureOf(
        "no-credentials",
        "credentials",
        "user",
        `profile ${sanitizeText(named, 100)} is in neither the AWS config file nor the credentials file`,
      ),
    );
  }
  const profile: ProfileSection = { ...credentials, ...config };
  const region = pickRegion(options, credentials?.["region"] ?? config?.["region"]);
  if (region.kind === "failed") return region;
  const { name: regionName, fips } = realRegion(region.value);

  const services = profile["services"];
  const servicesSection =
    services === undefined ? undefined : files.configFile[`services.${services}`];
  const endpoints: Record<AwsService, string | undefined> = {
    eks: undefined,
    ec2: undefined,
    sts: undefined,
  };
  for (const service of ["eks", "ec2", "sts"] as const) {
    const endpoint = configuredEndpoint(service, options.environment, profile, servicesSection);
    if (endpoint.kind === "failed") return endpoint;
    endpoints[service] = endpoint.value;
  }
  return ok({
    region: regionName,
    useFips: fips || isOn(options, "AWS_USE_FIPS_ENDPOINT", profile["use_fips_endpoint"]),
    useDualstack: isOn(options, "AWS_USE_DUALSTACK_ENDPOINT", profile["use_dualstack_endpoint"]),
    endpoints,
    profile,
  });
}

/** Shape of a region's name: it becomes part of host names. */
const REGION = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether the text could be a region: one host name label in lower case. */
export function isRegionName(text: string): boolean {
  return REGION.test(text);
}

function pickRegion(options: AwsOptions, ofProfile: string | undefined): Outcome<string> {
  const { environment } = options;
  const region =
    given(options.region) ??
    given(environment["AWS_REGION"]) ??
    given(environment["AWS_DEFAULT_REGION"]) ??
    given(ofProfile);
  if (region === undefined) {
    return failed(
      failureOf(
        "no-region",
        "request",
        "user",
        "no AWS region: give --region, set AWS_REGION, or add a region to the profile",
      ),
    );
  }
  if (isRegionName(region)) return ok(region);
  return failed(
    failureOf(
      "no-region",
      "request",
      "user",
      `${sanitizeText(region, 80)} is not an AWS region name`,
    ),
  );
}

/** Old pseudo regions (`fips-us-east-1`, `us-east-1-fips`) stand for a region with FIPS on. */
function realRegion(region: string): { readonly name: string; readonly fips: boolean } {
  const name = region.replace(/^fips-|-fips$/, "");
  return { name, fips: name !== region };
}

function isOn(options: AwsOptions, variable: string, ofProfile: string | undefined): boolean {
  return (given(options.environment[variable]) ?? ofProfile)?.toLowerCase() === "true";
}

function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
