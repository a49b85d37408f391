import type { RunCommand } from "../io.ts";
import type { OptionSpec } from "../options/spec.ts";
import { CHECK_OPTIONS } from "../options/tables/check.ts";
import { DIFF_OPTIONS } from "../options/tables/diff.ts";
import { ENDPOINTS_OPTIONS } from "../options/tables/endpoints.ts";
import { EXPLAIN_OPTIONS } from "../options/tables/explain.ts";
import { IAM_OPTIONS } from "../options/tables/iam.ts";
import { LAB_OPTIONS } from "../options/tables/lab.ts";
import { NODE_OPTIONS } from "../options/tables/node.ts";
import { REPLAY_OPTIONS } from "../options/tables/replay.ts";
import { TOKEN_OPTIONS } from "../options/tables/token.ts";
import { WATCH_OPTIONS } from "../options/tables/watch.ts";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** What may follow the options, as commander writes it. */
  readonly operands?: string;
  readonly examples: readonly string[];
  /** Loaded only when the command runs. */
  readonly load: () => Promise<RunCommand>;
}

/** Every command: one line here, one file beside. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "endpoints",
    summary: "map every path to the control plane: which API server answers behind every address",
    options: ENDPOINTS_OPTIONS,
    examples: [
      "eks-probe endpoints --cluster gonz-eks-pub --region ap-northeast-2",
      "eks-probe endpoints --cluster gonz-eks-pub -n 20 -o json",
    ],
    load: async () => (await import("./endpoints.ts")).runEndpoints,
  },
  {
    name: "check",
    summary: "say what is wrong, why, and what to do; the gate for a pipeline",
    options: CHECK_OPTIONS,
    examples: [
      "eks-probe check --cluster gonz-eks-pub --short",
      "eks-probe check --cluster gonz-eks-pub --deep --fail-on warn -o junit=report.xml",
      "eks-probe check --cluster gonz-eks-pub --baseline last.json",
    ],
    load: async () => (await import("./check.ts")).runCheck,
  },
  {
    name: "diff",
    summary: "say what changed between two saved runs, or since one",
    options: DIFF_OPTIONS,
    operands: "<file> [file]",
    examples: [
      "eks-probe diff before.json after.json",
      "eks-probe diff before.json --region ap-northeast-2   # against the present",
    ],
    load: async () => (await import("./diff.ts")).runDiff,
  },
  {
    name: "replay",
    summary: "show a saved run or a record again, in any format",
    options: REPLAY_OPTIONS,
    operands: "<file>",
    examples: [
      "eks-probe replay run.json --wide",
      "eks-probe replay run.json -o junit=report.xml -o markdown=report.md",
      "eks-probe check --cluster gonz-eks-pub -o json | eks-probe replay -",
    ],
    load: async () => (await import("./replay.ts")).runReplay,
  },
  {
    name: "explain",
    summary: "say what a finding means, how it is found and what to do; without a code, list all",
    options: EXPLAIN_OPTIONS,
    operands: "[code...]",
    examples: ["eks-probe explain A09", "eks-probe explain", "eks-probe explain T05 T06 -o json"],
    load: async () => (await import("./explain.ts")).runExplain,
  },
  {
    name: "watch",
    summary:
      "look again and again, and tell what changes: when, from what to what, and the evidence",
    options: WATCH_OPTIONS,
    examples: [
      "eks-probe watch --cluster gonz-eks-pub",
      "eks-probe watch --cluster gonz-eks-pub --for 2h --record upgrade.jsonl",
      "eks-probe watch --cluster gonz-eks-pub --on-event './page.sh \"control plane\"' -o ndjson",
      "eks-probe watch --cluster gonz-eks-pub --for 10m --load 20",
    ],
    load: async () => (await import("./watch.ts")).runWatch,
  },
  {
    name: "node",
    summary:
      "on a worker: which process reaches which API server, and by which path; and what is amiss",
    options: NODE_OPTIONS,
    examples: [
      "sudo eks-probe node",
      "eks-probe node --no-probe --root ./worker-copy",
      "eks-probe node --map run.json -o json",
    ],
    load: async () => (await import("./node.ts")).runNode,
  },
  {
    name: "config",
    summary: "check an eks-probe.yaml: config validate [FILE]",
    options: [],
    operands: "[validate] [file]",
    examples: ["eks-probe config validate", "eks-probe config validate ci/eks-probe.yaml"],
    load: async () => (await import("./config.ts")).runConfig,
  },
  {
    name: "token",
    summary: "print an ExecCredential, a drop-in for aws eks get-token",
    options: TOKEN_OPTIONS,
    examples: ["eks-probe token --cluster gonz-eks-pub --region ap-northeast-2"],
    load: async () => (await import("./token.ts")).runToken,
  },
  {
    name: "iam",
    summary: "print the least IAM policy for the flags used",
    options: IAM_OPTIONS,
    examples: ["eks-probe iam --cluster gonz-eks-pub --region ap-northeast-2"],
    load: async () => (await import("./iam.ts")).runIam,
  },
  {
    name: "lab",
    summary: "simulate an EKS on this machine, for one command or until Ctrl-C",
    options: LAB_OPTIONS,
    operands: "[command...]",
    examples: ["eks-probe lab -- endpoints --cluster gonz-eks-pub", "eks-probe lab"],
    load: async () => (await import("./lab.ts")).runLab,
  },
  {
    name: "schema",
    summary:
      "print the JSON Schema of -o json, eks-probe.yaml, diff -o json, watch -o ndjson or node -o json",
    options: [],
    operands: "[report|config|diff|watch|node]",
    examples: [
      "eks-probe schema > eks-probe.schema.json",
      "eks-probe schema config > eks-probe.yaml.schema.json",
    ],
    load: async () => (await import("./schema.ts")).runSchema,
  },
];
