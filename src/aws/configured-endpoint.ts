import { failed, failureOf, type Outcome, ok } from "./outcome.ts";

type Section = Readonly<Record<string, string | undefined>>;

/**
 * The endpoint that the user set for one service, or undefined for AWS's own. Order as in the AWS
 * SDKs and Tools Reference Guide, "Service-specific endpoints": AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, the profile's `services` section, the profile's `endpoint_url`; all of them are
 * switched off by AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or `ignore_configured_endpoint_urls`.
 */
export function configuredEndpoint(
  service: string,
  environment: Section,
  profile: Section,
  servicesSection: Section | undefined,
): Outcome<string | undefined> {
  const ignore =
    environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] ||
    profile["ignore_configured_endpoint_urls"];
  if (ignore?.toLowerCase() === "true") return ok(undefined);

  const variable = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
  const candidates: readonly (readonly [string, string | undefined])[] = [
    [variable, environment[variable]],
    ["AWS_ENDPOINT_URL", environment["AWS_ENDPOINT_URL"]],
    [`endpoint_url of ${service} in the profile`, servicesSection?.[`${service}.endpoint_url`]],
    ["endpoint_url in the profile", profile["endpoint_url"]],
  ];
  for (const [source, url] of candidates) {
    if (url === undefined || url === "") continue;
    if (isHttpUrl(url)) return ok(url);
    // The value is left out: a URL may carry a password.
    return failed(
      failureOf("aws-error", "request", "user", `${source} is not an http or https URL`),
    );
  }
  return ok(undefined);
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
