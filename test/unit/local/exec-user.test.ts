import { delimiter, dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readExecArguments, readExecUser } from "../../../src/local/exec-user.ts";
import { tempFolder } from "../../support/temp-kubeconfig.ts";

const folder = tempFolder();
afterAll(() => folder.remove());

const ROLE = "arn:aws:iam::111122223333:role/team/reader";

function words(line: string, env: Readonly<Record<string, string>> = {}) {
  const [command = "", ...args] = line.split(" ");
  return {
    command,
    args,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  };
}

describe("whom a kubeconfig's command asks the token for", () => {
  test.each([
    ["aws --region ap-northeast-2 eks get-token --cluster-name demo --output json"],
    ["aws eks get-token --cluster-name=demo --region=ap-northeast-2"],
    ["/usr/local/bin/aws eks get-token --cluster-id demo --region ap-northeast-2"],
    ["C:\\Tools\\aws.exe eks get-token --cluster-name demo --region ap-northeast-2"],
    ["aws-vault exec dev -- aws eks get-token --cluster-name demo --region ap-northeast-2"],
    ["aws-iam-authenticator token -i demo --region ap-northeast-2"],
    ["aws-iam-authenticator token --cluster-id=demo --region ap-northeast-2"],
    ["aws-iam-authenticator token -idemo --region ap-northeast-2"],
    ["eks-probe token --cluster demo --region ap-northeast-2"],
    ["npx eks-probe token --cluster first --cluster demo --region ap-northeast-2"],
  ])("%s: demo in ap-northeast-2", (line) => {
    expect(readExecArguments(words(line))).toEqual({
      clusterName: "demo",
      region: "ap-northeast-2",
      roleArn: undefined,
    });
  });

  test.each([
    [`aws eks get-token --cluster-name demo --role-arn ${ROLE}`],
    [`aws-iam-authenticator token -i demo -r ${ROLE}`],
    [`aws-iam-authenticator token -i demo --role=${ROLE}`],
    [`eks-probe token --cluster demo --role-arn=${ROLE}`],
  ])("%s: with its role", (line) => {
    expect(readExecArguments(words(line)).roleArn).toBe(ROLE);
  });

  test("the command's variables stand in for what its options leave out, and only for that", () => {
    const env = { AWS_REGION: "eu-west-1", EKS_PROBE_CLUSTER: "other" };
    expect(readExecArguments(words("aws eks get-token --cluster-name demo", env))).toEqual({
      clusterName: "demo",
      region: "eu-west-1",
      roleArn: undefined,
    });
    expect(readExecArguments(words("eks-probe token --region us-east-1", env))).toEqual({
      clusterName: "other",
      region: "us-east-1",
      roleArn: undefined,
    });
  });

  test.each([
    ["another plugin", "gke-gcloud-auth-plugin --cluster-name demo"],
    ["another command of the same CLI", "aws eks describe-cluster --cluster-name demo"],
    ["a shell's line", "sh -c aws-eks-get-token"],
    ["an option without its value", "aws eks get-token --cluster-name"],
    ["an option of a longer name", "aws eks get-token --cluster-names demo"],
  ])("%s tells nothing", (_, line) => {
    expect(readExecArguments(words(line)).clusterName).toBeUndefined();
  });

  test("an ARN in place of the name is kept, since that is what is wrong with it", () => {
    const arn = "arn:aws:eks:ap-northeast-2:111122223333:cluster/demo";
    expect(readExecArguments(words(`aws eks get-token --cluster-name ${arn}`)).clusterName).toBe(
      arn,
    );
  });

  test("what looks like no name is shown without what looks like a secret", () => {
    const secret = `AKIA${"MARK".repeat(4)}`;
    const { clusterName } = readExecArguments(
      words(`aws eks get-token --cluster-name ${secret}+\u001b[2J`),
    );
    expect(clusterName).not.toContain(secret);
    expect(clusterName).toMatch(/^\P{Cc}+$/u);
  });
});

describe("whether the command is there", () => {
  const kubeconfig = folder.write("configs/config", "");
  const aws = folder.write("bin/aws", "#!/bin/sh\n", 0o755);
  folder.write("bin/not-executable", "", 0o644);
  folder.write("bin/a-folder/file", "");
  folder.write("configs/plugins/token", "#!/bin/sh\n", 0o755);

  const found = async (command: string, environment: Readonly<Record<string, string>>) => {
    const user = await readExecUser(words(command), kubeconfig, environment);
    return user.kind === "exec" ? user.found : user.kind;
  };

  test("a bare name is looked for in PATH", async () => {
    const PATH = ["/nowhere", dirname(aws)].join(delimiter);
    expect(await found("aws", { PATH })).toBe("yes");
    expect(await found("aws-iam-authenticator", { PATH })).toBe("no");
    expect(await found("aws", { PATH: "/nowhere" })).toBe("no");
  });

  test("what is no program, or a folder, is not it", async () => {
    const PATH = dirname(aws);
    expect(await found("not-executable", { PATH })).toBe("no");
    expect(await found("a-folder", { PATH })).toBe("no");
  });

  test("relative parts of PATH do not count, and without PATH nobody knows", async () => {
    expect(await found("aws", { PATH: "bin" })).toBe("no");
    expect(await found("aws", {})).toBe("unknown");
  });

  test("a path is a path, from the kubeconfig's folder on when it is relative", async () => {
    expect(await found(aws, {})).toBe("yes");
    expect(await found(join(folder.path, "bin/gone"), {})).toBe("no");
    expect(await found("./plugins/token", {})).toBe("yes");
    expect(await found("plugins/gone", {})).toBe("no");
  });
});
