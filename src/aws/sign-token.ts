import type { BearerToken } from "../model/ports.ts";
import type { AwsIdentity } from "./identity.ts";
import { type Outcome, ok } from "./outcome.ts";
import type { AwsSession } from "./session.ts";
import type { AwsSettings } from "./settings.ts";
import { stsHost } from "./sts-host.ts";
import { presignToken } from "./token.ts";

/** A token, and what went into it. */
export interface SignedToken {
  readonly token: BearerToken;
  readonly identity: AwsIdentity;
  readonly settings: AwsSettings;
  /** The STS host that it names. */
  readonly host: string;
  /** What it is signed for: the cluster's name, or the id of a local cluster. */
  readonly clusterId: string;
}

/** Signs locally: with keys from the environment no network call is made and no client loaded. */
export async function signFor(session: AwsSession, name: string): Promise<Outcome<SignedToken>> {
  const [settings, identity] = await Promise.all([session.settings(), session.credentials()]);
  if (settings.kind === "failed") return settings;
  if (identity.kind === "failed") return identity;
  const { region, useDualstack, useFips } = settings.value;
  const host = stsHost(region, useFips, useDualstack);
  const clusterId = session.options.clusterId ?? name;
  const token = await presignToken({
    identity: identity.value,
    region,
    host,
    clusterId,
    wallMs: session.clock.wallMs(),
  });
  return token.kind === "failed"
    ? token
    : ok({
        token: token.value,
        identity: identity.value,
        settings: settings.value,
        host,
        clusterId,
      });
}
