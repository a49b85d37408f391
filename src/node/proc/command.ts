import { redact, redactName } from "../../model/redact.ts";
import { sanitizeText } from "../../model/text.ts";

const MAX_ARGUMENTS = 200;
const MAX_ARGUMENT = 300;

/** What is looked through of one argument: twice what a shell's line has, and the rest is dropped. */
const MAX_LOOKED_AT = 4_096;

/** Names of options and variables whose value is a secret, whatever it looks like. */
const SECRET_NAME =
  /^-{0,2}[\w.-]*(?:token|pass(?:word|wd|phrase)?(?![a-z])|pwd|secret|credential|private[_-]?key|api[_-]?key|access[_-]?key|auth|bearer|cookie|signature)[\w.-]*$/i;

/** A part of each of those names: most arguments have none, and need not be taken apart. */
const MAY_NAME_SECRET = /token|pass|pwd|secret|credential|key|auth|bearer|cookie|signature/i;

/** Of these the value is a file's name, or a choice, and no secret. */
const NO_SECRET =
  /(?:-file|-path|-dir|-mode|-method|-webhook|-ttl|-kubeconfig|-config|-skip-lookup)$/i;

/** Clients take `user:password` or a password with these: `curl -u`, `sshpass -p`. */
const SHORT_SECRET: ReadonlySet<string> = new Set(["-u", "-p", "--user"]);

const HIDDEN = "[redacted]";

/**
 * The arguments in `/proc/PID/cmdline`, without what may be a secret: values of options that promise
 * one, user names and passwords of URLs, and whatever looks like a key or a token. It rather takes
 * too much than too little. At most 200 of them. Never throws.
 */
export function readCommand(text: string): readonly string[] {
  const raw = text.split("\0", MAX_ARGUMENTS);
  while (raw.at(-1) === "") raw.pop();
  return raw.map((argument, index) => {
    const before = raw[index - 1] ?? "";
    const isValue = !argument.startsWith("-") && before.startsWith("-");
    if (isValue && (isSecret(before) || SHORT_SECRET.has(before))) return HIDDEN;
    const looked = argument.slice(0, MAX_LOOKED_AT);
    return sanitizeText(plain(withoutUsers(withoutNamed(looked))), MAX_ARGUMENT);
  });
}

/** An option made of words, with or without its value. */
const OPTION = /^(--?[a-z]{1,24}(?:-[a-z0-9]{1,24})*)(?:=(.*))?$/s;

/** What nobody takes for a key: keys have capitals, and are longer than a folder's name. */
const PATH = /^(?:\/[a-z0-9._-]{1,31})+\/?$/;

/** Long options and paths are kept, though they are as long as a key and of the same letters. */
function plain(argument: string): string {
  const [, name, value = ""] = OPTION.exec(argument) ?? [];
  const text = name === undefined ? argument : value;
  const clean = PATH.test(text) ? redactName(text) : redact(text);
  if (name === undefined) return clean;
  return argument.includes("=") ? `${name}=${clean}` : name;
}

/** What follows the first name of a secret in an argument is dropped: `-c "login --token abc"`. */
function withoutNamed(argument: string): string {
  if (!MAY_NAME_SECRET.test(argument)) return argument;
  let end = 0;
  for (const part of argument.split(/([\s"'=:,;&{}()]+)/)) {
    end += part.length;
    const value = argument.slice(end);
    if (isSecret(part) && /^[\s"'=:]+[^\s"'=:]/.test(value)) {
      const gap = /^[\s"'=:]+/.exec(value)?.[0] ?? "";
      return `${argument.slice(0, end)}${gap}${HIDDEN}`;
    }
  }
  return argument;
}

/** `https://user:password@proxy:3128` */
function withoutUsers(argument: string): string {
  return argument.replace(/:\/\/[^\s/?#]*@/g, `://${HIDDEN}@`);
}

function isSecret(name: string): boolean {
  return name.length < 200 && SECRET_NAME.test(name) && !NO_SECRET.test(name);
}

/** `--node-ip=10.0.0.1` or `--node-ip 10.0.0.1`; the last one counts. */
export function optionOf(command: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (const [index, argument] of command.entries()) {
    if (argument.startsWith(`${name}=`)) found = argument.slice(name.length + 1);
    else if (argument === name) found = command[index + 1] ?? found;
  }
  return found;
}
