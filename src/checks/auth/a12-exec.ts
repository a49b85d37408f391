import type { KubeconfigEntry } from "../../model/local-settings.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { contextWords, kubeconfigEntries, shellWord } from "../kubeconfig.ts";

/** What kubectl runs for its token is there to be run. */
export const execCommandIsFound: Check = {
  topic: "exec",
  title: "the command that the kubeconfig runs for a token is installed",
  optional: true,
  run: (evidence) => {
    const found = kubeconfigEntries(evidence);
    if (found.kind === "none") return found.outcome;
    const commands = found.entries.flatMap((entry) => {
      const command = commandOf(entry);
      return command === undefined ? [] : [{ entry, ...command }];
    });
    if (commands.length === 0) return skippedCheck("the kubeconfig runs no command for its token");
    const missing = commands.filter(({ isThere }) => isThere === "no");
    const [first] = missing;
    if (first === undefined) {
      return commands.every(({ isThere }) => isThere === "yes")
        ? passed(`found: ${[...new Set(commands.map(({ command }) => command))].join(", ")}`)
        : skippedCheck("whether the command is installed cannot be told from here");
    }
    const name = evidence.snapshot.request.cluster;
    return problem(
      "warn",
      `kubectl finds no command ${[...new Set(missing.map(({ command }) => command))].join(", ")} here, and so no token`,
      {
        details: missing.map(
          ({ entry, command }) => `${contextWords(entry)} in ${entry.file}: ${command}`,
        ),
        side: "user",
        next: `command -v ${shellWord(first.command)}   # install it, or let the kubeconfig run: eks-probe token --cluster ${name}`,
      },
    );
  },
};

function commandOf({ user }: KubeconfigEntry) {
  return user.kind === "exec" ? { command: user.command, isThere: user.found } : undefined;
}
