import { describe, expect, test } from "vitest";
import { known, skipped, unknown } from "../../../../src/model/fact.ts";
import { notInvestigated } from "../../../../src/model/investigation.ts";
import type { Snapshot } from "../../../../src/model/snapshot.ts";
import { inspection } from "../../../support/inspections.ts";
import {
  findingOf,
  HTTP_200,
  makeCluster,
  PUB_ONE,
  PUB_TWO,
  pubSnapshot,
  reportOf,
  seen,
} from "../../../support/snapshots.ts";
import {
  accepted,
  answer,
  failureOf,
  ROLE,
  refused,
  refusedSnapshot,
  SESSION,
  TOO_OLD,
  VIP,
  VIP_2,
} from "./support.ts";

const MINUTE = 60_000;

/** Codes of the failures that count. */
function blamed(snapshot: Snapshot): readonly string[] {
  return reportOf(snapshot)
    .findings.filter(({ status, causedBy }) => status === "fail" && causedBy.length === 0)
    .map(({ code }) => code);
}

/** One server accepts, the other refuses and has a clock that is so far ahead. */
const oneAhead = (minutes: number) =>
  pubSnapshot({
    observations: [seen(VIP, PUB_ONE), answer(VIP_2, 401, { clockSkewMs: minutes * MINUTE })],
  });

describe("A03 clock", () => {
  test("far off, with a token refused for its date, is the one cause of the 401s", () => {
    const snapshot = refusedSnapshot({ tokenReplay: TOO_OLD }, { clockSkewMs: 40 * MINUTE });
    expect(blamed(snapshot)).toEqual(["A03"]);
    expect(findingOf(snapshot, "A03")).toMatchObject({ status: "fail", addresses: [] });
    expect(findingOf(snapshot, "A02").causedBy).toEqual(["A03", "A08"]);
    expect(findingOf(snapshot, "A08").causedBy).toEqual(["A03"]);
  });

  test("ahead by more than five minutes is refused as too early, and the cause alike", () => {
    const early = refused(
      "SignatureDoesNotMatch",
      "Signature not yet current: 20230421T154731Z is still later than 20230421T154631Z",
    );
    const snapshot = refusedSnapshot({ tokenReplay: early }, { clockSkewMs: -6 * MINUTE });
    expect(blamed(snapshot)).toEqual(["A03"]);
  });

  test("two minutes off are a warning, and no cause of a 401 that has another", () => {
    const found = { tokenReplay: accepted(), accessEntries: known([]) };
    const snapshot = refusedSnapshot(found, { clockSkewMs: 2 * MINUTE });
    expect(findingOf(snapshot, "A03").status).toBe("warn");
    expect(blamed(snapshot)).toEqual(["A09"]);
    expect(findingOf(snapshot, "A02").causedBy).toEqual(["A09"]);
  });

  test("far off, where STS could not be asked, explains what it must lead to", () => {
    const lost = { tokenReplay: unknown(failureOf("aws-unreachable", { phase: "investigate" })) };
    expect(blamed(refusedSnapshot(lost, { clockSkewMs: 20 * MINUTE }))).toEqual(["A03"]);
    expect(blamed(refusedSnapshot(lost, { clockSkewMs: 8 * MINUTE }))).toEqual(["A02"]);
  });

  test("a server's own clock that is ahead explains that server's 401, and no other's", () => {
    const far = oneAhead(16);
    expect(blamed(far)).toEqual(["A03"]);
    expect(findingOf(far, "P08").causedBy).toEqual(["A03"]);
    expect(blamed(oneAhead(10))).toEqual(["P08"]);
  });
});

describe("A08 STS", () => {
  test.each([
    ["ExpiredToken", "session of these credentials has expired", "aws sso login"],
    ["InvalidClientTokenId", "of another partition", "AWS_REGION"],
    ["SignatureDoesNotMatch", "signature", "aws sts get-caller-identity"],
    ["RegionDisabledException", "not active in this region", "Account settings"],
    ["SomethingElse", "refuses the request inside the token", "aws sts get-caller-identity"],
  ])("%s says what is wrong with the token, and A02 is its symptom", (code, words, step) => {
    const snapshot = refusedSnapshot({ tokenReplay: refused(code, "as it is") });
    const finding = findingOf(snapshot, "A08");
    expect(finding).toMatchObject({ status: "fail", details: [`STS: 403 ${code}: as it is`] });
    expect(finding.summary).toContain(words);
    expect(finding.next).toContain(step);
    expect(blamed(snapshot)).toEqual(["A08"]);
    expect(findingOf(snapshot, "A02").causedBy).toEqual(["A08"]);
    expect(findingOf(snapshot, "A09").summary).toBe("STS refuses the token (A08)");
  });

  test("a signature that is too old, with clocks that seem right, is the clock's all the same", () => {
    const finding = findingOf(refusedSnapshot({ tokenReplay: TOO_OLD }), "A08");
    expect(finding).toMatchObject({ side: "local", causedBy: [] });
    expect(finding.summary).toContain("this host's clock is wrong");
  });

  test("a throttled STS has said nothing of the token", () => {
    const snapshot = refusedSnapshot({ tokenReplay: refused("Throttling", "Rate exceeded", 400) });
    expect(findingOf(snapshot, "A08")).toMatchObject({ status: "unknown", side: "aws" });
    expect(blamed(snapshot)).toEqual(["A02"]);
  });

  test("STS out of reach is unknown, optional, and leaves A02 a failure of its own", () => {
    const failure = failureOf("aws-unreachable", { phase: "investigate", side: "network" });
    const snapshot = refusedSnapshot({ tokenReplay: unknown(failure) });
    expect(findingOf(snapshot, "A08")).toMatchObject({
      status: "unknown",
      optional: true,
      summary: "what STS says of the token is not known: said aws-unreachable",
    });
    expect(blamed(snapshot)).toEqual(["A02"]);
  });

  test("without credentials there is no token to ask about, and A01 has said so", () => {
    const lost = unknown(failureOf("no-credentials"));
    const snapshot = refusedSnapshot({ tokenReplay: lost }, { token: lost, observations: [] });
    for (const code of ["A08", "A09"] as const) {
      expect(findingOf(snapshot, code)).toMatchObject({ status: "skip", blockedBy: ["A01"] });
    }
  });

  test("what the API servers take and STS does not is a warning", () => {
    const investigation = { ...notInvestigated(), tokenReplay: refused("ExpiredToken") };
    expect(findingOf(pubSnapshot({ investigation }), "A08").status).toBe("warn");
  });

  test("accepted names the caller; not asked is skipped", () => {
    expect(findingOf(refusedSnapshot({ tokenReplay: accepted() }), "A08")).toMatchObject({
      status: "ok",
      summary: `STS knows the token's caller: ${SESSION}`,
    });
    expect(findingOf(refusedSnapshot(), "A08").status).toBe("skip");
  });
});

describe("A09 mapping", () => {
  const entries = known(["arn:aws:iam::111122223333:role/admin"]);

  test("a caller whom STS knows and no entry names is not mapped, and the command maps the role", () => {
    const snapshot = refusedSnapshot({ tokenReplay: accepted(), accessEntries: entries });
    const finding = findingOf(snapshot, "A09");
    expect(finding).toMatchObject({
      status: "fail",
      summary: `${ROLE} has no access entry, and aws-auth does not map it either`,
      side: "user",
    });
    expect(finding.next).toBe(
      `aws eks create-access-entry --cluster-name gonz-eks-pub --region ap-northeast-2 --principal-arn ${ROLE}   # then aws eks associate-access-policy`,
    );
    expect(blamed(snapshot)).toEqual(["A09"]);
    expect(findingOf(snapshot, "A02")).toMatchObject({ status: "fail", causedBy: ["A09"] });
  });

  test("with access entries alone nothing is said of aws-auth", () => {
    const cluster = known(makeCluster({ authenticationMode: "API" }));
    const found = { tokenReplay: accepted(), accessEntries: entries };
    expect(findingOf(refusedSnapshot(found, { cluster }), "A09").summary).toBe(
      `${ROLE} has no access entry`,
    );
  });

  test("with aws-auth alone the ConfigMap is where to look", () => {
    const cluster = known(makeCluster({ authenticationMode: "CONFIG_MAP" }));
    const finding = findingOf(refusedSnapshot({ tokenReplay: accepted() }, { cluster }), "A09");
    expect(finding.summary).toBe(`${ROLE} is in no mapping of the ConfigMap aws-auth`);
    expect(finding.next).toContain("configmap aws-auth");
  });

  test("entries that may not be listed leave two reasons open, and say why", () => {
    const accessEntries = unknown(failureOf("access-denied", { phase: "investigate" }));
    const finding = findingOf(refusedSnapshot({ tokenReplay: accepted(), accessEntries }), "A09");
    expect(finding.status).toBe("fail");
    expect(finding.summary).toContain("or the token is for a cluster of another name");
    expect(finding.details.join()).toContain("not known: said access-denied");
  });

  test.each([
    ["the role itself", ROLE],
    ["the role with its path", "arn:aws:iam::111122223333:role/team/deployer"],
  ])("an entry for %s is the caller's: A02 stays, nobody is blamed wrongly", (_what, entry) => {
    const snapshot = refusedSnapshot({ tokenReplay: accepted(), accessEntries: known([entry]) });
    expect(findingOf(snapshot, "A09").status).toBe("ok");
    expect(blamed(snapshot)).toEqual(["A02"]);
  });

  test.each([
    ["of another account", "arn:aws:iam::444455556666:role/deployer"],
    ["of another partition", "arn:aws-cn:iam::111122223333:role/deployer"],
    ["of a longer name", "arn:aws:iam::111122223333:role/deployer-2"],
    ["for a user", "arn:aws:iam::111122223333:user/deployer"],
  ])("an entry %s is not", (_what, entry) => {
    const snapshot = refusedSnapshot({ tokenReplay: accepted(), accessEntries: known([entry]) });
    expect(findingOf(snapshot, "A09").status).toBe("fail");
  });

  test("a user is compared as it is", () => {
    const user = "arn:aws:iam::111122223333:user/team/ann";
    const found = (entry: string) =>
      findingOf(
        refusedSnapshot({ tokenReplay: accepted(user), accessEntries: known([entry]) }),
        "A09",
      ).status;
    expect([found(user), found("arn:aws:iam::111122223333:user/ann")]).toEqual(["ok", "fail"]);
  });

  test("where EKS has lost STS in the region no mapping helps, and A02 says so", () => {
    const cluster = known(
      makeCluster({
        healthIssues: [
          { code: "StsRegionalEndpointDisabled", message: "disabled", resourceIds: [] },
        ],
      }),
    );
    const snapshot = refusedSnapshot({ tokenReplay: accepted() }, { cluster });
    expect(findingOf(snapshot, "A09").status).toBe("skip");
    const finding = findingOf(snapshot, "A02");
    expect(finding.details[0]).toContain("StsRegionalEndpointDisabled");
    expect(finding.next).toContain("Security Token Service");
  });

  test("a caller who is let in is mapped, whether or not the entries were asked for", () => {
    const deep = { ...notInvestigated(), tokenReplay: accepted(), accessEntries: entries };
    expect(findingOf(pubSnapshot({ investigation: deep }), "A09").summary).toBe(
      `${ROLE} is let in`,
    );
    expect(findingOf(pubSnapshot(), "A09").status).toBe("skip");
    expect(findingOf(refusedSnapshot({ tokenReplay: skipped("x") }), "A09").status).toBe("skip");
  });
});

describe("P08 removed and A16 steady", () => {
  test("a server that refuses what others accept is being removed, and A02 its symptom", () => {
    const snapshot = pubSnapshot({ observations: [seen(VIP, PUB_ONE), answer(VIP_2, 401)] });
    const finding = findingOf(snapshot, "P08");
    expect(finding).toMatchObject({
      status: "fail",
      summary: `401 from ${VIP_2} for a token that other API servers accept`,
      side: "server",
      addresses: [`${VIP_2}:443`],
    });
    expect(finding.details[0]).toBe(`behind it: B (${PUB_TWO.host})`);
    expect(blamed(snapshot)).toEqual(["P08"]);
    expect(findingOf(snapshot, "A02").causedBy).toEqual(["P08"]);
  });

  test("with --deep it is said that the kubernetes service has let the address go", () => {
    const served = known({
      source: "endpointslices/v1" as const,
      addresses: [{ ip: "10.0.20.41", port: 443, ready: "yes" as const }],
    });
    const snapshot = pubSnapshot({
      observations: [seen("10.0.20.41", PUB_ONE), answer("10.0.95.229", 401, {}, PUB_TWO)],
      inspections: [inspection("10.0.20.41", PUB_ONE, { serviceEndpoints: served })],
    });
    expect(findingOf(snapshot, "P08").details).toContain(
      "no longer an endpoint of the kubernetes service: 10.0.95.229",
    );
  });

  test("a user without rights elsewhere has been accepted there all the same", () => {
    const observations = [answer(VIP, 403, { deniedUser: "reader" }), answer(VIP_2, 401)];
    expect(findingOf(pubSnapshot({ observations }), "P08").status).toBe("fail");
  });

  test("behind a balanced address it is still one server, always refusing: no throttling", () => {
    const observations = [seen(VIP, PUB_ONE), answer(VIP, 401, {}, PUB_TWO, { sample: 2 })];
    expect(blamed(pubSnapshot({ observations }))).toEqual(["P08"]);
    expect(findingOf(pubSnapshot({ observations }), "A16").status).toBe("ok");
  });

  test("one server that says now yes, now no, is throttled by STS", () => {
    const observations = [
      seen(VIP, PUB_ONE),
      answer(VIP, 401, {}, PUB_ONE, { sample: 2 }),
      seen(VIP, PUB_ONE, { sample: 3 }),
      seen(VIP_2, PUB_TWO),
    ];
    const snapshot = pubSnapshot({ observations });
    expect(findingOf(snapshot, "A16")).toMatchObject({
      status: "fail",
      addresses: [`${VIP}:443`],
    });
    expect(findingOf(snapshot, "A16").details[0]).toBe(
      `${VIP}: 401 for 1 of 3 requests with one token`,
    );
    expect(blamed(snapshot)).toEqual(["A16"]);
    expect(findingOf(snapshot, "P08").status).toBe("ok");
  });

  test("both at once are both told, and together account for A02", () => {
    const observations = [
      seen(VIP, PUB_ONE),
      answer(VIP, 401, {}, PUB_ONE, { sample: 2 }),
      answer(VIP_2, 401),
    ];
    const snapshot = pubSnapshot({ observations });
    expect(blamed(snapshot)).toEqual(["A16", "P08"]);
    expect(findingOf(snapshot, "A02").causedBy).toEqual(["A16", "P08"]);
  });

  test("refused everywhere, or by nobody, neither has anything to say", () => {
    const everywhere = refusedSnapshot();
    expect([findingOf(everywhere, "P08").status, findingOf(everywhere, "A16").status]).toEqual([
      "skip",
      "ok",
    ]);
    const open = pubSnapshot({ observations: [answer(VIP, 503), answer(VIP_2, 429)] });
    expect([findingOf(open, "P08").status, findingOf(open, "A16").status]).toEqual([
      "skip",
      "skip",
    ]);
  });
});

describe("A15 arrival", () => {
  const anonymous = { deniedUser: "system:anonymous" };

  test("403 for nobody, though a token was sent, fails, and is no 403 of the user's", () => {
    const observations = [answer(VIP, 403, anonymous), answer(VIP_2, 403, anonymous)];
    const snapshot = pubSnapshot({ observations });
    expect(findingOf(snapshot, "A15")).toMatchObject({
      status: "fail",
      side: "network",
      addresses: [`${VIP}:443`, `${VIP_2}:443`],
    });
    expect(findingOf(snapshot, "A02")).toMatchObject({
      status: "skip",
      summary: "the token did not arrive (A15)",
    });
    expect(blamed(snapshot)).toEqual(["A15"]);
  });

  test("403 for a user is an arrived token, with the user named", () => {
    const observations = [answer(VIP, 403, { deniedUser: "reader" })];
    const snapshot = pubSnapshot({ observations });
    expect(findingOf(snapshot, "A15").status).toBe("ok");
    expect(findingOf(snapshot, "A02").summary).toBe(
      `the token is accepted, but its user reader may not read /api (403) at ${VIP}`,
    );
  });

  test("403 for nobody is what a request without a token gets", () => {
    const observations = [answer(VIP, 403, anonymous, PUB_ONE, { token: "none" })];
    expect(findingOf(pubSnapshot({ observations }), "A15").status).toBe("skip");
  });
});

const anonymousIs = (status: number, version: string) =>
  findingOf(
    pubSnapshot({
      cluster: known(makeCluster({ version })),
      token: skipped("--anonymous signs no token"),
      observations: [answer(VIP, status, {}, PUB_ONE, { token: "none" })],
    }),
    "A14",
  );

describe("A14 anonymous callers", () => {
  test("401 is by design since 1.32, 403 was until then", () => {
    expect(anonymousIs(401, "1.32")).toMatchObject({
      status: "ok",
      summary: "401 without a token is by design since Kubernetes 1.32: only health is open",
    });
    expect(anonymousIs(403, "1.31").status).toBe("ok");
  });

  test("401 before that means that somebody switched anonymous requests off", () => {
    expect(anonymousIs(401, "1.31").summary).toBe(
      "401 without a token: anonymous requests are off here",
    );
  });

  test("200 is more than EKS gives anybody", () => {
    expect(anonymousIs(200, "1.31")).toMatchObject({ status: "warn", addresses: [`${VIP}:443`] });
  });

  test("errors say nothing, and with a token it is not asked", () => {
    expect(anonymousIs(503, "1.32").status).toBe("skip");
    expect(findingOf(pubSnapshot(), "A14").status).toBe("skip");
    expect(
      findingOf(pubSnapshot({ observations: [answer(VIP, 200, HTTP_200)] }), "A14").status,
    ).toBe("skip");
  });
});
