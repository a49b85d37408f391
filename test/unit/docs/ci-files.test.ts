import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { VERSION } from "../../../src/version.ts";
import { refusal } from "../../support/accepted.ts";
import { gitHubProblems } from "../../support/github-parser.ts";
import { recordScript } from "../../support/recorded-script.ts";

const ACTION = readFileSync("action.yml", "utf8");
const WORKFLOW = readFileSync("docs/ci/github-workflow.yml", "utf8");
const GITLAB = readFileSync("docs/ci/gitlab-ci.yml", "utf8");
const GUIDE = readFileSync("docs/ci.md", "utf8");

const problems = await gitHubProblems();

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly [{ readonly run: string; readonly env: object }] };
}

const action: ActionFile = parse(ACTION);
const [step] = action.runs.steps;

/** Runs the action as GitHub would, with these inputs. */
function runAction(
  inputs: Readonly<Record<string, string>>,
  endWith = 0,
): ReturnType<typeof recordScript> {
  const environment = Object.entries(step.env).map(([name, value]) => {
    const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(String(value))?.[1] ?? "";
    return [name, inputs[input] ?? action.inputs[input]?.default ?? ""] as const;
  });
  return recordScript(step.run, Object.fromEntries(environment), endWith);
}

describe("action.yml", () => {
  test("is what GitHub's own parser takes for an action", () => {
    expect(problems("action", ACTION)).toEqual([]);
    expect(problems("action", ACTION.replace("using: composite", "using: compost"))).not.toEqual(
      [],
    );
    expect(problems("action", ACTION.replace("shell: bash", "shall: bash"))).not.toEqual([]);
  });

  test("builds its own program and calls it with options that it takes", () => {
    const ran = runAction({ cluster: "gonz-eks-pub", region: "eu-west-1" });
    const { calls, code, outputs, builds } = ran;
    expect({ code, builds }).toEqual({ code: 0, builds: ["HERE"] });
    expect(calls).toHaveLength(1);
    const [args = []] = calls;
    expect(refusal(args)).toBeUndefined();
    expect(args.slice(0, 5)).toEqual([
      "check",
      "--cluster",
      "gonz-eks-pub",
      "--region",
      "eu-west-1",
    ]);
    expect(outputs).toBe("exit-code=0\njunit=eks-probe.junit.xml\nsarif=eks-probe.sarif\n");
  });

  test("ends as the program ends, and still says where the reports are", () => {
    const { code, outputs } = runAction({ cluster: "c" }, 5);
    expect(code).toBe(5);
    expect(outputs).toContain("exit-code=5\n");
    for (const [name, { value }] of Object.entries(action.outputs)) {
      expect(value).toBe(`\${{ steps.check.outputs.${name} }}`);
      expect(outputs).toContain(`${name}=`);
    }
  });

  test("takes the program from a folder where one is named, and builds nothing that is built", () => {
    const { calls, builds } = recordScript(
      `PROBE_PATH="$HERE/checkout"; mkdir -p "$PROBE_PATH/bin" "$PROBE_PATH/dist/cli"
cp "$HERE/bin/eks-probe.js" "$PROBE_PATH/bin"; touch "$PROBE_PATH/dist/cli/main.cjs"
${step.run}`,
      { PROBE_CLUSTER: "c", PROBE_REGION: "", PROBE_ARGS: "", PROBE_JUNIT: "j", PROBE_SARIF: "s" },
    );
    expect(calls[0]?.[0]).toBe("check");
    expect(builds).toEqual([]);
  });

  test("further options are split at blanks and lines, and never run", () => {
    const args = "--fail-on warn\n--deep * $(touch owned) ; false";
    const { calls, code } = runAction({ cluster: "a b; false", args });
    expect(code).toBe(0);
    expect(calls[0]?.slice(0, 3)).toEqual(["check", "--cluster", "a b; false"]);
    expect(calls[0]?.slice(-8)).toEqual([
      "--fail-on",
      "warn",
      "--deep",
      "*",
      "$(touch",
      "owned)",
      ";",
      "false",
    ]);
  });

  test("asks nobody but npm: no action of others, no download", () => {
    expect(ACTION).not.toMatch(/^\s*(?:- )?uses:/m);
    expect(step.run).not.toMatch(/curl|wget|https?:/);
    expect(step.run).not.toContain("${{");
  });
});

describe("docs/ci/github-workflow.yml", () => {
  interface WorkflowFile {
    readonly jobs: {
      readonly check: {
        readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
      };
    };
  }
  const workflow: WorkflowFile = parse(WORKFLOW);
  const { steps } = workflow.jobs.check;

  test("is what GitHub's own parser takes for a workflow", () => {
    expect(problems("workflow", WORKFLOW)).toEqual([]);
    expect(problems("workflow", WORKFLOW.replace("runs-on:", "runs-in:"))).not.toEqual([]);
  });

  test("calls the published program with options that it takes", () => {
    const scripts = steps.flatMap(({ run }) => run ?? []);
    const calls = scripts.flatMap((script) => {
      const {
        code,
        stderr,
        calls: made,
      } = recordScript(script, {
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "none",
        ACTIONS_ID_TOKEN_REQUEST_URL: "none",
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return made;
    });
    expect(calls.map(([program]) => program)).toEqual([`eks-probe@${VERSION}`]);
    for (const [, ...args] of calls) expect(refusal(args)).toBeUndefined();
  });

  test("uses GitHub's own actions only", () => {
    const owners = steps.flatMap(({ uses }) => uses?.split("/")[0] ?? []);
    expect(owners.filter((owner) => owner !== "actions" && owner !== "github")).toEqual([]);
  });
});

describe("docs/ci/gitlab-ci.yml", () => {
  interface GitlabFile {
    readonly "eks-probe": {
      readonly script: readonly string[];
      readonly artifacts: { readonly when: string; readonly reports: { readonly junit: string } };
    };
  }
  const gitlab: GitlabFile = parse(GITLAB);
  const { script, artifacts, ...keywords } = gitlab["eks-probe"];

  test("is a job with a script whose JUnit report is kept also when it fails", () => {
    expect(Object.keys(parse(GITLAB))).toEqual(["eks-probe"]);
    expect(Object.keys(keywords)).toEqual(["image", "id_tokens", "variables", "allow_failure"]);
    expect(artifacts).toEqual({ when: "always", reports: { junit: "eks-probe.junit.xml" } });
    // A colon in a plain line would make it a mapping, which GitLab refuses.
    expect(script.every((line) => typeof line === "string")).toBe(true);
  });

  test("calls the published program with options that it takes, and writes that report", () => {
    const { code, calls } = recordScript(
      `AWS_WEB_IDENTITY_TOKEN_FILE="$HERE/id"\n${script.join("\n")}`,
      {
        EKS_PROBE_IDENTITY: "none",
      },
    );
    expect(code).toBe(0);
    const [program, ...args] = calls[0] ?? [];
    expect(program).toBe(`eks-probe@${VERSION}`);
    expect(refusal(args)).toBeUndefined();
    expect(args).toContain(`junit=${artifacts.reports.junit}`);
  });
});

describe("docs/ci.md", () => {
  /** Every line of it that calls the program, as a shell would. */
  const lines = [...GUIDE.matchAll(/^.*?((?:npx --yes )?eks-probe(?:@[\d.]+)? check [^'\n]*)/gm)]
    .map(([, line = ""]) => line)
    .filter((line) => !line.includes("`"));

  test("has command lines", () => {
    expect(lines.length).toBeGreaterThan(5);
  });

  test.each(lines)("%s is taken by the program", (line) => {
    const { calls, code } = recordScript(line.replaceAll(/\$ARG\d\$/g, "x"), {});
    expect(code).toBe(0);
    const [first = "", ...rest] = calls[0] ?? [];
    const args = first === `eks-probe@${VERSION}` ? rest : [first, ...rest];
    expect(refusal(args)).toBeUndefined();
  });

  test("an option that there is not is refused by the same tables", () => {
    expect(refusal(["check", "--cluster", "c", "--no-such-thing"])).toContain("unknown option");
    expect(refusal(["check", "--cluster", "c", "-o", "pdf"])).toContain(
      "is none of text, json, junit",
    );
    expect(refusal(["no-such-command"])).toBe("no command no-such-command");
  });
});
