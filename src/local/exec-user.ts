import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, resolve } from "node:path";
import type { Tri } from "../model/fact.ts";
import type { KubeconfigUser } from "../model/local-settings.ts";
import { redact, redactName } from "../model/redact.ts";
import { sanitizeText } from "../model/text.ts";
import type { Environment } from "./proxy.ts";

/** The `exec` of a kubeconfig's user, as written. */
export interface ExecConfig {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

const MAX_TEXT = 300;

/** What would be run for a token, and whom that token would be for. Runs nothing. */
export async function readExecUser(
  exec: ExecConfig,
  file: string,
  environment: Environment,
): Promise<KubeconfigUser> {
  return {
    kind: "exec",
    command: sanitizeText(redactName(exec.command), MAX_TEXT),
    found: await isExecutable(exec.command, file, environment),
    ...readExecArguments(exec),
  };
}

interface ExecArguments {
  readonly clusterName: string | undefined;
  readonly region: string | undefined;
  readonly roleArn: string | undefined;
}

/** Names of one client's options, and of the variables that stand in for them. */
interface ClientOptions {
  readonly cluster: readonly string[];
  readonly region: readonly string[];
  readonly role: readonly string[];
  readonly variables: {
    readonly cluster: readonly string[];
    readonly region: readonly string[];
    readonly role: readonly string[];
  };
}

const AWS_REGION = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/** Source: `aws eks get-token help`. */
const AWS_CLI: ClientOptions = {
  cluster: ["--cluster-name", "--cluster-id"],
  region: ["--region"],
  role: ["--role-arn"],
  variables: { cluster: [], region: AWS_REGION, role: [] },
};

/** Source: aws-iam-authenticator, cmd/aws-iam-authenticator/token.go and root.go. */
const AUTHENTICATOR: ClientOptions = {
  cluster: ["-i", "--cluster-id"],
  region: ["--region"],
  role: ["-r", "--role"],
  variables: {
    cluster: ["KUBERNETES_AWS_AUTHENTICATOR_CLUSTER_ID", "AWS_IAM_AUTHENTICATOR_CLUSTERID"],
    region: AWS_REGION,
    role: [],
  },
};

const EKS_PROBE: ClientOptions = {
  cluster: ["--cluster", "--cluster-id"],
  region: ["--region"],
  role: ["--role-arn"],
  variables: {
    cluster: ["EKS_PROBE_CLUSTER", "EKS_PROBE_CLUSTER_ID"],
    region: ["EKS_PROBE_REGION", ...AWS_REGION],
    role: ["EKS_PROBE_ROLE_ARN"],
  },
};

/**
 * Whom the token is asked for, by the options of the clients that are known, also behind a wrapper
 * (`aws-vault exec dev -- aws eks get-token …`). All undefined for any other.
 */
export function readExecArguments({ command, args, env }: ExecConfig): ExecArguments {
  const client = clientOf([command, ...args]);
  const variable = (names: readonly string[]): string | undefined =>
    names.map((name) => env.find((one) => one.name === name)?.value).find(isGiven);
  if (client === undefined)
    return { clusterName: undefined, region: undefined, roleArn: undefined };
  const { cluster, region, role, variables } = client;
  return {
    clusterName: plain(option(args, cluster) ?? variable(variables.cluster)),
    region: plain(option(args, region) ?? variable(variables.region)),
    roleArn: plain(option(args, role) ?? variable(variables.role)),
  };
}

function clientOf(words: readonly string[]): ClientOptions | undefined {
  const names = words.map(programName);
  const after = (name: string): readonly string[] =>
    names.includes(name) ? words.slice(names.indexOf(name) + 1) : [];
  const ofAws = after("aws");
  if (ofAws.includes("eks") && ofAws.includes("get-token")) return AWS_CLI;
  if (after("aws-iam-authenticator").includes("token")) return AUTHENTICATOR;
  return after("eks-probe").includes("token") ? EKS_PROBE : undefined;
}

/** `/usr/local/bin/aws`, `C:\…\aws.exe` → `aws`. */
function programName(word: string): string {
  const [last = ""] = word.split(/[/\\]/).slice(-1);
  return last.replace(/\.(?:exe|cmd|bat)$/i, "");
}

/** `--name value`, `--name=value`, and `-ivalue` for a name of one letter; the last one counts. */
function option(args: readonly string[], names: readonly string[]): string | undefined {
  let value: string | undefined;
  for (const [index, word] of args.entries()) {
    const name = names.find(
      (one) => word === one || word.startsWith(`${one}=`) || isGlued(word, one),
    );
    if (name === undefined) continue;
    const found = word === name ? args[index + 1] : word.slice(name.length).replace(/^=/, "");
    if (isGiven(found)) value = found;
  }
  return value;
}

function isGlued(word: string, name: string): boolean {
  return /^-[a-z]$/.test(name) && word.startsWith(name) && word.length > name.length;
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

/** Cluster names and ids, regions, ARNs of clusters and roles: what is none may be anything. */
const PLAIN =
  /^(?:[0-9A-Za-z][\w-]{0,99}|arn:aws[a-z-]{0,20}:(?:eks|iam|sts):[a-z0-9-]{0,30}:\d{12}:(?:cluster|role|assumed-role)\/[\w+=,.@/-]{1,512})$/;

function plain(text: string | undefined): string | undefined {
  if (text === undefined || PLAIN.test(text)) return text;
  return sanitizeText(redact(text), MAX_TEXT);
}

/**
 * Whether kubectl would find the command: as a path relative to the kubeconfig's folder when it has
 * a separator, else in PATH, where relative entries do not count (Go, os/exec). Source: client-go,
 * ExecConfig.Command.
 */
async function isExecutable(command: string, file: string, environment: Environment): Promise<Tri> {
  const endings = ["", ...(environment["PATHEXT"] ?? "").split(";").filter((one) => one !== "")];
  const paths = candidates(command, file, environment);
  if (paths === undefined) return "unknown";
  const found = await Promise.all(
    paths.flatMap((path) => endings.map((ending) => mayRun(`${path}${ending}`))),
  );
  return found.includes(true) ? "yes" : "no";
}

function candidates(
  command: string,
  file: string,
  environment: Environment,
): readonly string[] | undefined {
  if (isAbsolute(command)) return [command];
  if (/[/\\]/.test(command)) return [resolve(dirname(file), command)];
  const path = environment["PATH"] ?? environment["Path"];
  if (path === undefined) return undefined;
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => resolve(folder, command));
}

async function mayRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
