import { expect, test } from "vitest";
import type { FailureCode } from "../../../src/model/failure.ts";
import type { DnsAnswer, Resolution } from "../../../src/model/resolution.ts";
import { resolveEndpoint } from "../../../src/probe/resolve.ts";
import { makeRequest } from "../../../src/target/request.ts";
import { fakeDeps } from "../../support/fake-deps.ts";
import { named, PUB_HOST } from "../../support/snapshots.ts";

const SERVERS = [
  { ip: "10.0.0.2", port: 53 },
  { ip: "10.0.0.3", port: 53 },
];

async function askedServers(first: DnsAnswer): Promise<readonly string[]> {
  const deps = fakeDeps({
    systemServers: SERVERS,
    query: (server, name) =>
      named(["43.200.53.253"], {
        resolver: { kind: "server", system: true, ...server },
        name,
        ...(server.ip === "10.0.0.2" ? { answer: first } : {}),
      }),
  });
  const answers: Resolution[] = [];
  const request = makeRequest("demo", { family: 4 });
  await resolveEndpoint(PUB_HOST, request, deps.names, new AbortController().signal, (answer) =>
    answers.push(answer),
  );
  return deps.asked.filter((line) => line.startsWith("A "));
}

function failed(code: FailureCode): DnsAnswer {
  return { kind: "failed", failure: { code, phase: "dns", side: "resolver", message: code } };
}

test.each([
  "dns-timeout",
  "dns-unreachable",
  "dns-servfail",
  "dns-refused",
  "dns-answer-invalid",
] as const)("after %s the system's next server is asked, as a stub resolver does", async (code) => {
  expect(await askedServers(failed(code))).toEqual(["A 10.0.0.2", "A 10.0.0.3"]);
});

test.each([failed("dns-nxdomain"), failed("interrupted"), { kind: "nodata" } as const])(
  "a denial of the name is final: %j",
  async (answer) => {
    expect(await askedServers(answer)).toEqual(["A 10.0.0.2"]);
  },
);
