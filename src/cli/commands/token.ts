import { apiVersionFromExecInfo, execCredential } from "../../aws/exec-credential.ts";
import { lazyAwsPort, systemClock } from "../../runtime.ts";
import { parseDuration } from "../../target/numbers.ts";
import { bad, ok, quoteInput } from "../../target/parsed.ts";
import { EXIT } from "../exit-codes.ts";
import type { RunCommand } from "../io.ts";
import { readAwsTarget, requiredCluster } from "../options/request.ts";
import { UsageError } from "../options/values.ts";

const TIMEOUT_MS = 5_000;

export const runToken: RunCommand = async (values, _rest, io) => {
  const clusterId = values.one("clusterId", (text) =>
    /^[0-9A-Za-z-]{1,100}$/.test(text)
      ? ok(text)
      : bad(`${quoteInput(text)} is not a cluster id: letters, digits and "-"`),
  );
  const signedFor = clusterId ?? requiredCluster(values);
  const timeoutMs = values.one("timeout", parseDuration) ?? TIMEOUT_MS;
  const execInfo = apiVersionFromExecInfo(io.environment["KUBERNETES_EXEC_INFO"]);
  if (execInfo.kind === "bad") throw new UsageError(execInfo.message);
  if (execInfo.warning !== undefined) io.stderr.write(`eks-probe: warning: ${execInfo.warning}\n`);

  const target = { ...readAwsTarget(values), clusterId };
  const aws = lazyAwsPort({ ...target, timeoutMs, environment: io.environment }, systemClock());
  const token = await aws.signToken(signedFor, io.signal);
  switch (token.kind) {
    case "known": {
      const secret = token.value.reveal();
      const credential = execCredential(secret, token.value.expiresAt, execInfo.apiVersion);
      io.stdout.write(`${values.has("raw") ? secret : JSON.stringify(credential)}\n`);
      return EXIT.ok;
    }
    case "unknown":
      io.stderr.write(`eks-probe: no token: ${token.failure.message}\n`);
      return token.failure.code === "interrupted" ? EXIT.interrupted : EXIT.unknown;
    case "skipped":
      io.stderr.write(`eks-probe: no token: ${token.reason}\n`);
      return EXIT.unknown;
  }
};
