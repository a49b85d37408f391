import { unauthorized } from "../apiserver/answers.ts";
import { bearerTokenOf } from "../apiserver/authenticate.ts";
import { type Exchange, sendAnswer } from "../apiserver/exchange.ts";
import type { ApiServer, Intercept, Proceed } from "../apiserver/server.ts";
import type { FrontFault } from "../scenario.ts";

/** What leaves some requests or some answers proper. */
export type HalfFault = Extract<
  FrontFault,
  {
    kind:
      | "wrong-certificate"
      | "unauthorized"
      | "intermittent-401"
      | "strip-authorization"
      | "stall-large";
  }
>;

const HALF_KINDS: ReadonlySet<FrontFault["kind"]> = new Set<HalfFault["kind"]>([
  "wrong-certificate",
  "unauthorized",
  "intermittent-401",
  "strip-authorization",
  "stall-large",
]);

export function isHalfFault(fault: FrontFault): fault is HalfFault {
  return HALF_KINDS.has(fault.kind);
}

export function halfAnswerFor(fault: HalfFault, apiServer: ApiServer): Intercept | undefined {
  switch (fault.kind) {
    case "wrong-certificate":
      // The other cluster does not know our callers.
      return fault.flaw === "other-cluster" ? denyTokens(apiServer) : undefined;
    case "unauthorized":
      return denyTokens(apiServer);
    case "intermittent-401":
      return denyEvery(fault.every, apiServer);
    case "strip-authorization":
      return stripAuthorization;
    case "stall-large":
      return stallLarge(fault.bytes);
  }
}

/** 401 for whoever brings a token, good or bad; all others are answered as ever. */
function denyTokens(apiServer: ApiServer): Intercept {
  return denyEvery(1, apiServer);
}

/** The same for the last of every so many requests with a token, over all connections together. */
function denyEvery(every: number, apiServer: ApiServer): Intercept {
  let brought = 0;
  return (exchange, proceed) => {
    if (bearerTokenOf(exchange.header("authorization")) !== undefined) brought += 1;
    else return proceed();
    if (brought % every > 0) return proceed();
    sendAnswer(exchange, unauthorized(), apiServer.cluster, apiServer.clockMs());
  };
}

/** The server gets the request as it would be without credentials. */
function stripAuthorization(exchange: Exchange, proceed: Proceed): void {
  proceed({
    ...exchange,
    header: (name) => (name === "authorization" ? undefined : exchange.header(name)),
  });
}

/** Headers and the first bytes of the body arrive; the rest never does, and the connection stays. */
function stallLarge(bytes: number): Intercept {
  return (exchange, proceed) => {
    proceed({
      ...exchange,
      end: (body) => {
        const whole = Buffer.from(body ?? "");
        if (whole.length <= bytes) exchange.end(body);
        else exchange.write(whole.subarray(0, bytes));
      },
    });
  };
}
