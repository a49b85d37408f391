import type {
  EC2ClientResolvedConfig,
  $Command as Ec2Base,
  ServiceInputTypes as Ec2Input,
  ServiceOutputTypes as Ec2Output,
} from "@aws-sdk/client-ec2";
import type {
  EKSClientResolvedConfig,
  $Command as EksBase,
  ServiceInputTypes as EksInput,
  ServiceOutputTypes as EksOutput,
} from "@aws-sdk/client-eks";
import type { Fact } from "../../model/fact.ts";
import type { IamAction } from "../actions.ts";
import type * as Ec2Client from "../ec2-evidence-client.ts";
import type * as EksClient from "../eks-evidence-client.ts";
import { failed, failureOf, type Outcome } from "../outcome.ts";
import { ATTEMPT_STEP, type AwsSession, callAws, noteAttempt } from "../session.ts";

/** Sends one command, within the call's time; throws what the SDK throws. */
type Ec2Send = <I extends Ec2Input, O extends Ec2Output>(
  command: Ec2Base<I, O, EC2ClientResolvedConfig, Ec2Input, Ec2Output>,
) => Promise<O>;

type EksSend = <I extends EksInput, O extends EksOutput>(
  command: EksBase<I, O, EKSClientResolvedConfig, EksInput, EksOutput>,
) => Promise<O>;

/** EC2's commands, and the session's client to send them with. */
export interface Ec2Asker {
  readonly ec2: typeof Ec2Client;
  readonly send: Ec2Send;
}

export interface EksAsker {
  readonly eks: typeof EksClient;
  readonly send: EksSend;
}

/** What is being asked; a call of several actions moves it on, so that a failure names the right one. */
export interface Asking {
  action: IamAction;
  readonly phase: "investigate";
}

/** One question to EC2; fails as callAws does. */
export function askEc2<T>(
  session: AwsSession,
  what: Asking,
  signal: AbortSignal,
  ask: (asker: Ec2Asker) => Promise<Fact<T>>,
): Promise<Fact<T>> {
  return callAws(
    session,
    what,
    signal,
    () => import("../ec2-evidence-client.ts"),
    (ec2, prepared, progress, abortSignal) => {
      const client = (session.clients.ec2 ??= new ec2.EC2Client(prepared.optionsFor("ec2")));
      return ask({
        ec2,
        send: (command) => {
          command.middlewareStack.add(
            (next) => (args) => noteAttempt(progress, args.request, () => next(args)),
            ATTEMPT_STEP,
          );
          return client.send(command, { abortSignal });
        },
      });
    },
  );
}

/** One question to EKS; fails as callAws does. */
export function askEks<T>(
  session: AwsSession,
  what: Asking,
  signal: AbortSignal,
  ask: (asker: EksAsker) => Promise<Fact<T>>,
): Promise<Fact<T>> {
  return callAws(
    session,
    what,
    signal,
    () => import("../eks-evidence-client.ts"),
    (eks, prepared, progress, abortSignal) => {
      const client = (session.clients.eks ??= new eks.EKSClient(prepared.optionsFor("eks")));
      return ask({
        eks,
        send: (command) => {
          command.middlewareStack.add(
            (next) => (args) => noteAttempt(progress, args.request, () => next(args)),
            ATTEMPT_STEP,
          );
          return client.send(command, { abortSignal });
        },
      });
    },
  );
}

export function asking(action: IamAction): Asking {
  return { action, phase: "investigate" };
}

/** For an answer that no service of AWS gives. */
export function notAws(action: IamAction, reason: string): Outcome<never> {
  return failed(failureOf("aws-answer-invalid", "investigate", "aws", `${action}: ${reason}`));
}
