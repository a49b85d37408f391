import type { RunCommand } from "../io.ts";
import type { OptionSpec } from "../options/spec.ts";
import { ENDPOINTS_OPTIONS, IAM_OPTIONS, LAB_OPTIONS, TOKEN_OPTIONS } from "../options/tables.ts";

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
    summary: "print the JSON Schema of endpoints -o json",
    options: [],
    examples: ["eks-probe schema > eks-probe.schema.json"],
    load: async () => (await import("./schema.ts")).runSchema,
  },
];
