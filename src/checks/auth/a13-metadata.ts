import type { Snapshot } from "../../model/snapshot.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";

/** The metadata service, which gives an instance's role, answers. */
export const metadataAnswers: Check = {
  topic: "metadata",
  title: "where credentials are to come from the instance's role, its metadata service answers",
  explains: ["A01"],
  run: ({ snapshot }) => {
    const { instance } = snapshot.investigation;
    switch (instance.kind) {
      case "skipped":
        return skippedCheck(instance.reason);
      case "known":
        return passed(`it answers: ${instance.value.instanceId ?? "an instance without id"}`);
      case "unknown":
        if (instance.failure.code !== "metadata-timeout")
          return skippedCheck(`no metadata service: ${instance.failure.message}`);
        if (!lacksCredentials(snapshot))
          return skippedCheck("it does not answer, but the credentials are from elsewhere");
        return problem(
          "unknown",
          "no credentials, and the instance metadata service does not answer",
          {
            details: [
              instance.failure.message,
              "in a container on EC2 its answer is dropped on the way where the hop limit is 1",
              "anywhere else there is none: credentials then have to come from a profile or the environment",
            ],
            side: "user",
            next: "aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2   # or give the pod a role of its own: Pod Identity, IRSA",
          },
        );
    }
  },
};

function lacksCredentials({ token, cluster }: Snapshot): boolean {
  return [token, cluster].some(
    (fact) => fact.kind === "unknown" && fact.failure.code === "no-credentials",
  );
}
