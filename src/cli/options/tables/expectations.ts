import type { OptionSpec } from "../spec.ts";

/** What the user expects of the cluster; the same for every command that judges one. */
export const EXPECTATION_OPTIONS: readonly OptionSpec[] = [
  {
    flags: "--config <file>",
    key: "config",
    env: "EKS_PROBE_CONFIG",
    kind: "value",
    help: "expectations and what to ignore (default: ./eks-probe.yaml or ./eks-probe.yml, where there is one)",
  },
  {
    flags: "--expect-api-servers <n>",
    key: "expectApiServers",
    env: "EKS_PROBE_EXPECT_API_SERVERS",
    kind: "value",
    help: "at least so many API servers have to be reached",
  },
  {
    flags: "--expect-mode <mode>",
    key: "expectMode",
    env: "EKS_PROBE_EXPECT_MODE",
    kind: "value",
    help: "public, private or public-and-private: how the endpoint has to be set up",
  },
  {
    flags: "--expect-certificate-days <n>",
    key: "expectCertificateDays",
    env: "EKS_PROBE_EXPECT_CERTIFICATE_DAYS",
    kind: "value",
    help: "certificates have to be good for so many days (default: 30)",
  },
  {
    flags: "--expect-tcp <duration>",
    key: "expectTcp",
    env: "EKS_PROBE_EXPECT_TCP",
    kind: "value",
    help: "limit for the median time of TCP at each address: 5ms",
  },
  {
    flags: "--expect-tls <duration>",
    key: "expectTls",
    env: "EKS_PROBE_EXPECT_TLS",
    kind: "value",
    help: "the same for the TLS handshake",
  },
  {
    flags: "--expect-ttfb <duration>",
    key: "expectTtfb",
    env: "EKS_PROBE_EXPECT_TTFB",
    kind: "value",
    help: "the same for the first byte of the answer",
  },
  {
    flags: "--ignore <code=reason>",
    key: "ignore",
    env: "EKS_PROBE_IGNORE",
    kind: "list",
    twinSeparator: ";",
    help: "a check whose outcome does not count, and why: 'T02=renewal is planned'; repeatable (in the twin separated by ;)",
  },
];
