import { mkdtempSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findTool, NotMeasured, runCommand } from "./command.js";
import { describe, formatMb, measurePairs, measureSingly, slowness, speed } from "./figures.js";
import { runWithUsage } from "./usage.js";

const BY_HAND = fileURLToPath(new URL("by-hand.sh", import.meta.url));
const CLUSTER = "gonz-eks-pub";
const ENDPOINTS = ["endpoints", "--cluster", CLUSTER];
const CHECK = ["check", "--cluster", CLUSTER];

/** One round trip to DNS or an address; a call to AWS takes two: connect, then ask. */
const ROUND_TRIP_MS = 10;
/** DescribeCluster 20, DNS 10, TCP 10, TLS 10, request 10: each needs the one before. */
const LONGEST_CHAIN_MS = 6 * ROUND_TRIP_MS;

export const FEW_ADDRESSES_LAB = ["--scenario", CLUSTER, "--latency", `${ROUND_TRIP_MS}ms`];

/** The rows on the four addresses of gonz-eks-pub, each: its name and how to measure it. */
export function fewAddressesRows(bench, lab) {
  const endpoints = () => bench.runProgram(ENDPOINTS, lab.env);
  return [
    {
      what: "`endpoints`, 4 addresses: times as fast as `bench/by-hand.sh` (3 × `aws`, `dig`, `jq`, 4 × `curl`)",
      measure: () => againstByHand(bench, lab, endpoints),
    },
    {
      what: `\`endpoints\`, 4 addresses: times as long as its floor, \`node -e 0\` and ${LONGEST_CHAIN_MS} ms of round trips`,
      measure: async () =>
        slowness(
          await measurePairs(
            bench.runs,
            async () => (await endpoints()).ms,
            async () => (await bench.runNode()).ms + LONGEST_CHAIN_MS,
          ),
          { atMost: 2, aim: 1.2 },
        ),
    },
    {
      what: "`endpoints`, 4 addresses, cold (code cache empty): times as long as warm",
      measure: async () =>
        slowness(
          await measurePairs(
            bench.runs,
            () => coldMs(bench, lab),
            async () => (await endpoints()).ms,
          ),
        ),
    },
    {
      what: "`check`, 4 addresses: times as long as `endpoints`",
      measure: async () =>
        slowness(
          await measurePairs(
            bench.runs,
            async () => (await bench.runProgram(CHECK, lab.env)).ms,
            async () => (await endpoints()).ms,
          ),
        ),
    },
    {
      what: "`endpoints`, 4 addresses: peak memory",
      measure: async () => ({
        measured: describe(
          await measureSingly(
            bench.runs,
            async () => (await runWithUsage(bench, ENDPOINTS, lab.env)).peakMb,
          ),
          formatMb,
        ),
      }),
    },
    {
      what: "`token`: times as fast as `aws eks get-token`",
      measure: () => againstGetToken(bench, lab),
    },
    {
      what: "`--version`: times as long as `node -e 0`",
      measure: async () =>
        slowness(
          await measurePairs(
            bench.runs,
            async () => (await bench.runProgram(["--version"])).ms,
            async () => (await bench.runNode()).ms,
          ),
          { atMost: 1.3 },
        ),
    },
  ];
}

async function coldMs(bench, lab) {
  const empty = mkdtempSync(join(bench.scratch, "cold-"));
  return (await bench.runProgram(ENDPOINTS, { ...lab.env, XDG_CACHE_HOME: empty })).ms;
}

async function againstByHand(bench, lab, endpoints) {
  const [aws, ...others] = await Promise.all(["aws", "dig", "jq", "curl", "bash"].map(findTool));
  const env = { ...lab.env, PATH: [dirname(aws), lab.env.PATH].join(delimiter) };
  const bash = others.at(-1);
  const byHand = () =>
    runCommand(bash, [BY_HAND, CLUSTER, lab.env.AWS_REGION], { env, signal: bench.signal });

  const expected = await readMap(bench, lab);
  const checkedByHand = async () => {
    const { ms, stdout } = await byHand();
    const found = stdout.trim().split("\n").toSorted();
    if (found.join("\n") !== expected.join("\n"))
      throw new NotMeasured(
        `by hand the map is another: ${found.join(", ")}; not ${expected.join(", ")}`,
      );
    return ms;
  };
  await checkedByHand();
  const pairs = await measurePairs(bench.runs, async () => (await endpoints()).ms, checkedByHand);
  const version = await runCommand(aws, ["--version"], { env, signal: bench.signal });
  return {
    ...speed(pairs, { atLeast: 6, aim: 10 }),
    note: `\`aws\` is ${version.stdout.trim()}, called one after the other as the script says.`,
  };
}

/** The program's map, in the words of by-hand.sh. */
async function readMap(bench, lab) {
  const { stdout } = await bench.runProgram([...ENDPOINTS, "-o", "json"], lab.env);
  const { addresses, probes } = JSON.parse(stdout);
  const ipOf = new Map(addresses.map(({ id, ip }) => [id, ip]));
  return probes
    .map(({ address, serverAddress }) => `${ipOf.get(address)} ${serverAddress}`)
    .toSorted();
}

/** Both without AWS_ENDPOINT_URL: `aws` would sign a token for that URL. */
async function againstGetToken(bench, lab) {
  const aws = await findTool("aws");
  const { AWS_ENDPOINT_URL: _, ...env } = lab.env;
  const getToken = () =>
    runCommand(aws, ["eks", "get-token", "--region", env.AWS_REGION, "--cluster-name", CLUSTER], {
      env,
      signal: bench.signal,
    });
  const token = () => bench.runProgram(["token", "--cluster", CLUSTER], env);

  const [ours, theirs] = [await token(), await getToken()].map(({ stdout }) => outline(stdout));
  if (ours !== theirs) throw new NotMeasured(`the tokens differ: ${ours}; not ${theirs}`);
  return speed(
    await measurePairs(
      bench.runs,
      async () => (await token()).ms,
      async () => (await getToken()).ms,
    ),
    {
      atLeast: 3,
      aim: 4.5,
    },
  );
}

const TOKEN_PREFIX = "k8s-aws-v1.";

/** What two tokens for the same cluster have in common; nothing of it is secret. */
function outline(execCredential) {
  const { kind, apiVersion, status } = JSON.parse(execCredential);
  const isToken = status.token.startsWith(TOKEN_PREFIX);
  const encoded = status.token.slice(TOKEN_PREFIX.length);
  const url = new URL(Buffer.from(encoded, "base64url").toString("utf8"));
  const parameters = [...url.searchParams.keys()].toSorted();
  const headers = url.searchParams.get("X-Amz-SignedHeaders");
  return [kind, apiVersion, isToken, url.origin, ...parameters, headers].join(" ");
}
