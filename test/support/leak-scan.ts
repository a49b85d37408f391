import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, type RunOptions, runProgram } from "./run-program.ts";

/** A run, and the files that it left behind in any place it could think its own. */
export interface WatchedRun extends Ended {
  /** Names, without the program's cache of its own compiled code. */
  readonly files: readonly string[];
  /** Names and contents of every file, the cache too. */
  readonly written: string;
}

const CODE_CACHE = /^(?:\.cache(?:\/|$))?(?:eks-probe(?:\/code-[^/]+(?:\/[^/]+)?)?)?$/;

/** Runs the program in an empty home, working and temporary folder, and looks what is in it then. */
export async function runWatched(
  args: readonly string[],
  options: RunOptions = {},
): Promise<WatchedRun> {
  const folder = mkdtempSync(join(tmpdir(), "eks-probe-watched-"));
  try {
    const places = { HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: folder, XDG_STATE_HOME: folder };
    const env = { ...options.env, ...places };
    const ended = await runProgram(args, { ...options, env, cwd: folder });
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const contents = files
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, "latin1"));
    const left = files.filter((name) => !CODE_CACHE.test(name));
    return { ...ended, files: left, written: [...files, ...contents].join("\n") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Shortest run of a token's characters that counts as a part of it. */
const FRAGMENT = 24;

/**
 * Every secret, or telling part of one, that the text shows: as it is, percent-encoded, in hex, in
 * base64 of any alignment (so inside a token too), in whatever case; and for tokens each fragment
 * of 24 characters.
 */
export function findLeaks(
  text: string,
  secrets: readonly string[],
  tokens: readonly string[] = [],
): readonly string[] {
  const shown = text.toLowerCase();
  const forms = [
    ...base64Forms("X-Amz-Signature="),
    ...secrets.flatMap(formsOf),
    ...tokens.flatMap(fragmentsOf),
  ];
  return [...new Set(forms)].filter((form) => shown.includes(form.toLowerCase()));
}

/** What no output holds but that of `token`; code that makes tokens has to. */
export const TOKEN_WORDS: RegExp = /k8s-aws-v1\.|X-Amz-Signature/i;

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const percent = encodeURIComponent(secret);
  return [
    secret,
    percent,
    encodeURIComponent(percent),
    bytes.toString("hex"),
    ...base64Forms(secret),
    ...base64Forms(percent),
  ];
}

/** What base64 makes of the text wherever it stands, without the characters its neighbours share. */
function base64Forms(text: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const whole = Math.floor(bytes.length / 3) * 4;
    const from = offset === 0 ? 0 : 4;
    const core = bytes.toString("base64").slice(from, whole);
    return core.length < 8 ? [] : [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function fragmentsOf(token: string): readonly string[] {
  const count = Math.max(0, token.length - FRAGMENT + 1);
  return Array.from({ length: count }, (_, start) => token.slice(start, start + FRAGMENT));
}
