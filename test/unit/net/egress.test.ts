import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { Fact } from "../../../src/model/fact.ts";
import { askEgressIp } from "../../../src/net/egress.ts";
import { fakeClock } from "../../support/fake-deps.ts";
import { httpsPeer, realClock, tcpPeer } from "../../support/hostile-servers.ts";
import { httpPeer } from "../../support/plain-http-peer.ts";
import { mintCa, mintLeaf } from "../../support/test-pki.ts";

const NEVER = new AbortController().signal;

async function askFor(respond: (response: ServerResponse) => void): Promise<Fact<string>> {
  await using peer = await httpPeer((_request, response) => respond(response));
  // Awaited here: the peer is taken down at the end.
  return await askEgressIp(`${peer.origin}/ip?key=EXAMPLE`, realClock, NEVER);
}

async function failureOf(fact: Promise<Fact<string>>) {
  const answer = await fact;
  if (answer.kind !== "unknown") throw new Error(JSON.stringify(answer));
  return answer.failure;
}

describe("a service that tells this host's address", () => {
  test.each([
    ["203.0.113.7\n", "203.0.113.7"],
    ["  2001:DB8::7 ", "2001:db8::7"],
    ['{"ip":"203.0.113.7"}', "203.0.113.7"],
    ['{"ip": "2001:db8::0007", "country": "XX"}\n', "2001:db8::7"],
  ])("says %j", async (body, ip) => {
    expect(await askFor((response) => response.end(body))).toEqual({ kind: "known", value: ip });
  });

  test("is asked for the path and query that the user wrote, once", async () => {
    await using peer = await httpPeer((_request, response) => response.end("203.0.113.7"));
    await askEgressIp(`${peer.origin}/ip?key=EXAMPLE`, realClock, NEVER);
    expect(peer.seen).toEqual(["GET /ip?key=EXAMPLE"]);
  });

  test.each([
    ["a page", "<html>203.0.113.7</html>"],
    ["two addresses", "203.0.113.7, 203.0.113.8"],
    ["a number", "3405803783"],
    ["a range", "203.0.113.0/24"],
    ["nothing", ""],
    ["JSON without it", '{"address":"203.0.113.7"}'],
    ["JSON of another type", '{"ip":3405803783}'],
    ["broken JSON", '{"ip":"203.0.113.7"'],
    ["an escape sequence", "\u001b[2J203.0.113.7"],
  ])("that answers with %s told none, and is not quoted", async (_, body) => {
    const failure = await failureOf(askFor((response) => response.end(body)));
    expect(failure).toMatchObject({ code: "service-answer-invalid", side: "server" });
    expect(failure.message).toMatch(/^what http:\/\/127\.0\.0\.1:\d+ answered is no IP address$/);
  });

  test.each([302, 403, 500, 204])(
    "that answers %i told none, redirects included",
    async (status) => {
      await using other = await httpPeer((_request, response) => response.end("203.0.113.7"));
      const failure = await failureOf(
        askFor((response) =>
          response.writeHead(status, { location: other.origin }).end("203.0.113.7"),
        ),
      );
      expect(failure).toMatchObject({ code: "service-answer-invalid", cause: String(status) });
      expect(failure.message).not.toContain("EXAMPLE");
      expect(other.seen).toEqual([]);
    },
  );

  test("whose answer has no end is cut off", async () => {
    const failure = await failureOf(
      askFor((response) => {
        response.write("203.0.113.7 ".repeat(1_000));
      }),
    );
    expect(failure).toMatchObject({ code: "service-answer-invalid" });
    expect(failure.message).toContain("4096 bytes");
  });

  test("that is not there cannot be reached", async () => {
    const peer = await tcpPeer((socket) => socket.destroy());
    await peer[Symbol.asyncDispose]();
    expect(
      await failureOf(askEgressIp(`http://127.0.0.1:${peer.port}`, realClock, NEVER)),
    ).toMatchObject({ code: "service-unreachable", side: "network", cause: "ECONNREFUSED" });
  });

  test("that hangs up did not answer", async () => {
    await using peer = await tcpPeer((socket) => socket.once("data", () => socket.end()));
    const failure = await failureOf(askEgressIp(`http://127.0.0.1:${peer.port}`, realClock, NEVER));
    expect(failure.code).toBe("service-unreachable");
    expect(failure.message).toContain("did not answer");
  });

  test("is waited for five seconds and no longer", async () => {
    const clock = fakeClock();
    await using peer = await tcpPeer(() => clock.advance(5_000));
    const failure = await failureOf(askEgressIp(`http://127.0.0.1:${peer.port}`, clock, NEVER));
    expect(failure.code).toBe("service-unreachable");
    expect(failure.message).toContain("within 5000 ms");
  });

  test("over https has to have a certificate that this machine trusts", async () => {
    const ca = await mintCa("CN=stranger");
    const leaf = await mintLeaf(ca, { names: [{ type: "ip", value: "127.0.0.1" }] });
    await using peer = await httpsPeer(leaf, (_request, response) => response.end("203.0.113.7"));
    const failure = await failureOf(
      askEgressIp(`https://127.0.0.1:${peer.port}`, realClock, NEVER),
    );
    expect(failure.code).toBe("service-unreachable");
    expect(failure.cause).toMatch(/CERT|SIGNATURE|ISSUER/);
    expect(peer.seen.some((line) => line.startsWith("request"))).toBe(false);
  });

  test("of another scheme is not asked", async () => {
    for (const url of ["ftp://127.0.0.1/ip", "nonsense", "file:///etc/hostname"]) {
      expect((await failureOf(askEgressIp(url, realClock, NEVER))).code).toBe(
        "service-unreachable",
      );
    }
  });

  test("is left alone at the first Ctrl-C", async () => {
    const stop = new AbortController();
    await using peer = await tcpPeer(() => stop.abort());
    const asked = askEgressIp(`http://127.0.0.1:${peer.port}`, realClock, stop.signal);
    expect((await failureOf(asked)).code).toBe("interrupted");
  });
});
