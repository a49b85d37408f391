import { getSSOTokenFromFile, loadSsoSessionData } from "@smithy/core/config";
import type { Failure } from "../model/failure.ts";
import type { Clock } from "../model/ports.ts";
import { sanitizeText } from "../model/text.ts";
import { parseTimeMs } from "../model/time.ts";
import { failureOf } from "./outcome.ts";
import type { ProfileSection } from "./settings.ts";

/**
 * Why a profile that signs in through IAM Identity Center gave no credentials. The SDK tells a
 * missing session from an expired one only by its text, so the session file itself is read.
 * Undefined: the profile is not such a one, or its session is good and the reason is another.
 */
export async function explainSsoSession(
  profile: ProfileSection,
  configFile: { readonly configFilepath?: string },
  clock: Clock,
): Promise<Failure | undefined> {
  const session = profile["sso_session"];
  const id = session ?? profile["sso_start_url"];
  if (id === undefined) return undefined;
  const shown = sanitizeText(id, 100);
  const token = await getSSOTokenFromFile(id).catch(() => undefined);
  if (token === undefined) {
    const known = session === undefined || session in (await loadSsoSessionData(configFile));
    return failureOf(
      "no-credentials",
      "credentials",
      "user",
      known
        ? `no sign-in session for ${shown}: run \`aws sso login\``
        : `the AWS config file has no sso-session ${shown}`,
    );
  }
  const expiresMs = parseTimeMs(token.expiresAt);
  if (expiresMs === undefined || expiresMs > clock.wallMs()) return undefined;
  return failureOf(
    "credentials-expired",
    "credentials",
    "user",
    `the sign-in session for ${shown} has expired: run \`aws sso login\``,
  );
}
