import type { RunningAws } from "./aws/server.ts";
import type { RunningDns } from "./dns/server.ts";
import type { RunningFront } from "./fronts/front.ts";
import { DNS_PORT } from "./resolvers.ts";
import type { LabPrincipal, Scenario } from "./scenario.ts";
import type { Sink } from "./sink.ts";

/** Made-up credentials, every service at the simulation, and no way to the real world's settings. */
export function awsEnvironment(
  { region, principals }: Scenario,
  aws: RunningAws,
): Record<string, string> {
  const caller: LabPrincipal | undefined = principals[0];
  return {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    ...(caller
      ? { AWS_ACCESS_KEY_ID: caller.accessKeyId, AWS_SECRET_ACCESS_KEY: caller.secretAccessKey }
      : {}),
    ...(caller?.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: caller.sessionToken }),
  };
}

/** `isOnOwnAddresses`: the client needs no rules, since the addresses are where they say. */
export function programEnvironment(
  fronts: readonly RunningFront[],
  dns: readonly RunningDns[],
  sink: Sink,
  isOnOwnAddresses: boolean,
): Record<string, string> {
  const rules = fronts.map(
    ({ ip, port, boundAddress, boundPort }) =>
      `${bracket(ip)}:${port}:${boundAddress}:${boundPort}`,
  );
  return {
    EKS_PROBE_RESOLVER: dns
      .map(({ host, port }) => (port === DNS_PORT ? host : `${host}:${port}`))
      .join(" "),
    ...(isOnOwnAddresses
      ? {}
      : { EKS_PROBE_CONNECT_TO: [...rules, `::127.0.0.1:${sink.port}`].join(" ") }),
    EKS_PROBE_SIMULATED: "1",
  };
}

function bracket(ip: string): string {
  return ip.includes(":") ? `[${ip}]` : ip;
}
