import type { Failure } from "../model/failure.ts";
import { sanitizeText } from "../model/text.ts";
import type { HostProblem } from "./view.ts";

const MAX_MESSAGE = 400;

/** Something of this machine that could not be read; `message` says what, and what would show it. */
export function hostFailure(
  code: "file-unreadable" | "file-invalid",
  message: string,
  cause?: string,
): Failure {
  const shown = sanitizeText(message, MAX_MESSAGE);
  const failure = { code, phase: "node", side: "local", message: shown } as const;
  return cause === undefined ? failure : { ...failure, cause };
}

/** Why a file or folder could not be read; `right` is what would show it. */
export function problemFailure(path: string, problem: HostProblem, right: string): Failure {
  switch (problem.kind) {
    case "absent":
      return hostFailure("file-unreadable", `${path} is not there`, "ENOENT");
    case "denied":
      return hostFailure(
        "file-unreadable",
        `${path} may not be read: ${right} would show it`,
        "EACCES",
      );
    case "failed":
      return hostFailure(
        "file-unreadable",
        `${path} cannot be read (${problem.code})`,
        problem.code,
      );
  }
}
