import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningFront } from "../../src/lab/fronts/front.ts";
import { mintClusterPki } from "../../src/lab/pki.ts";
import {
  type ControlPlane,
  createTempFiles,
  ENDPOINT_NAME,
  FIELD_CLUSTER,
  hasTool,
  runTool,
  startControlPlane,
} from "../support/lab-servers.ts";

const hasCurl = hasTool("curl", ["--version"]);
const hasOpenssl = hasTool("openssl", ["version"]);
const hasKubectl = hasTool("kubectl", ["version", "--client"]);

const files = createTempFiles();
let plane: ControlPlane;
let front: RunningFront;
let caFile: string;

beforeAll(async () => {
  plane = await startControlPlane();
  front = await plane.front(undefined);
  caFile = files.write("ca.pem", plane.pki.caPem);
});

afterAll(() => {
  plane.close();
  files.remove();
});

interface CurlAnswer {
  readonly exit: number | null;
  readonly statusLine: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly stderr: string;
}

async function curl(path: string, ...args: readonly string[]): Promise<CurlAnswer> {
  return curlTo(front, path, ...args);
}

async function curlTo(
  target: RunningFront,
  path: string,
  ...args: readonly string[]
): Promise<CurlAnswer> {
  const run = await runTool("curl", [
    "--silent",
    "--show-error",
    "--include",
    "--max-time",
    "10",
    "--cacert",
    caFile,
    "--connect-to",
    `::127.0.0.1:${target.boundPort}`,
    ...args,
    `https://${FIELD_CLUSTER.endpointHost}${path}`,
  ]);
  const [head = "", ...rest] = run.stdout.split("\r\n\r\n");
  const [statusLine = "", ...headers] = head.split("\r\n");
  return { exit: run.status, statusLine, headers, body: rest.join("\r\n\r\n"), stderr: run.stderr };
}

const bearer = (token: string): readonly string[] => ["-H", `Authorization: Bearer ${token}`];
const valid = bearer("lab-token");
const admin = bearer("admin-token");
const bad = bearer("other-token");

const ids = (answer: CurlAnswer): readonly string[] =>
  answer.headers.filter((header) => header.startsWith("x-kubernetes-pf-"));

/** A header's name, and its value where it does not differ from request to request. */
function shapes(headers: readonly string[]): readonly string[] {
  return headers.map((header) => header.replace(/^((?:audit-id|date|x-kubernetes-\S+):).*/i, "$1"));
}

const BODY_API = `{
  "kind": "APIVersions",
  "versions": [
    "v1"
  ],
  "serverAddressByClientCIDRs": [
    {
      "clientCIDR": "0.0.0.0/0",
      "serverAddress": "ip-172-16-57-254.ap-northeast-2.compute.internal:443"
    }
  ]
}`;

const BODY_401 = `{
  "kind": "Status",
  "apiVersion": "v1",
  "metadata": {
    
  },
  "status": "Failure",
  "message": "Unauthorized",
  "reason": "Unauthorized",
  "code": 401
}`;

const BODY_403 = `{
  "kind": "Status",
  "apiVersion": "v1",
  "metadata": {
    
  },
  "status": "Failure",
  "message": "forbidden: User \\"system:anonymous\\" cannot get path \\"/api\\"",
  "reason": "Forbidden",
  "details": {
    
  },
  "code": 403
}`;

describe.skipIf(!hasCurl)("curl against a simulated API server", () => {
  it("gets the recorded /api over HTTP/2, byte for byte", async () => {
    const answer = await curl("/api", ...valid);
    expect(answer.statusLine).toBe("HTTP/2 200 ");
    expect(shapes(answer.headers)).toEqual([
      "audit-id:",
      "cache-control: no-cache, private",
      "content-type: application/json",
      "x-kubernetes-pf-flowschema-uid:",
      "x-kubernetes-pf-prioritylevel-uid:",
      "content-length: 219",
      "date:",
    ]);
    expect(answer.body).toBe(BODY_API);
  });

  it("gets the same over HTTP/1.1 with the header names in Go's spelling", async () => {
    const answer = await curl("/api", "--http1.1", ...valid);
    expect(answer.statusLine).toBe("HTTP/1.1 200 OK");
    expect(shapes(answer.headers)).toEqual([
      "Audit-Id:",
      "Cache-Control: no-cache, private",
      "Content-Type: application/json",
      "X-Kubernetes-Pf-Flowschema-Uid:",
      "X-Kubernetes-Pf-Prioritylevel-Uid:",
      "Date:",
      "Content-Length: 219",
    ]);
    expect(answer.body).toBe(BODY_API);
  });

  it("is forbidden without a token, with an empty one and with Basic: all are anonymous", async () => {
    const answers = await Promise.all([
      curl("/api"),
      curl("/api", "-H", "Authorization: Bearer "),
      curl("/api", "--user", "lab:lab"),
    ]);
    for (const answer of answers) {
      expect(answer.statusLine).toBe("HTTP/2 403 ");
      expect(answer.headers).toContain("x-content-type-options: nosniff");
      expect(answer.headers).toContain("content-length: 236");
      expect(answer.body).toBe(BODY_403);
    }
  });

  it("is unauthorized with a bad token even where no token would do, without flow headers", async () => {
    for (const path of ["/api", "/version", "/livez", "/nosuchpath"]) {
      // oxlint-disable-next-line eslint/no-await-in-loop -- one connection after the other
      const answer = await curl(path, ...bad);
      expect(answer.statusLine).toBe("HTTP/2 401 ");
      expect(shapes(answer.headers)).toEqual([
        "audit-id:",
        "cache-control: no-cache, private",
        "content-type: application/json",
        "content-length: 165",
        "date:",
      ]);
      expect(answer.body).toBe(BODY_401);
    }
  });

  it("refuses HEAD of /api even with a token, since discovery grants only get", async () => {
    const answer = await curl("/api", "--head", ...valid);
    expect(answer.statusLine).toBe("HTTP/2 403 ");
    expect(answer.headers).toContain("content-length: 224");
    expect(answer.body).toBe("");
  });

  it("answers a POST by its verb and leaves the connection usable", async () => {
    const answer = await curl("/api", "--http1.1", "--data", "x=1", ...valid);
    expect(answer.statusLine).toBe("HTTP/1.1 403 Forbidden");
    expect(answer.body).toContain('User \\"lab\\" cannot post path \\"/api\\"');
  });

  it("names the service address too when the request was forwarded for a pod", async () => {
    const inside = await curl("/api", "-H", "X-Forwarded-For: 172.20.3.4", ...valid);
    expect(inside.headers).toContain("content-length: 309");
    const outside = await curl("/api", "-H", "X-Forwarded-For: 172.21.3.4", ...valid);
    expect(outside.body).toBe(BODY_API);
  });

  it("gives YAML when asked, and 406 for what it does not speak", async () => {
    const yaml = await curl("/api", "-H", "Accept: application/yaml", ...valid);
    expect(yaml.headers).toContain("content-type: application/yaml");
    expect(yaml.headers).toContain("content-length: 155");
    const unknown = await curl("/api", "-H", "Accept: text/html", ...valid);
    expect(unknown.statusLine).toBe("HTTP/2 406 ");
    expect(unknown.headers).toContain("content-length: 182");
  });

  it("keeps the flow control ids per cluster: equal on both servers, another pair for admins", async () => {
    const ofB = await plane.front(undefined, { layout: { servers: ["b"] } });
    const fromA = await curl("/api", ...valid);
    const fromB = await curlTo(ofB, "/api", ...valid);
    const byAdmin = await curl("/api", ...admin);
    expect(fromB.headers).toContain("content-length: 220");
    expect(ids(fromA)).toHaveLength(2);
    expect(ids(fromB)).toEqual(ids(fromA));
    expect(ids(byAdmin)).not.toEqual(ids(fromA));
  });

  it("does not trust a client certificate of another CA, and says so by 401 and not by TLS", async () => {
    const { certificatePem, privateKeyPem } = await plane.pki.flawedLeaf("a", "foreign-ca");
    const pair = files.write("client.pem", `${certificatePem}${privateKeyPem}`);
    const answer = await curl("/version", "--cert", pair);
    expect(answer.statusLine).toBe("HTTP/2 401 ");
    const withToken = await curl("/version", "--cert", pair, ...valid);
    expect(withToken.statusLine).toBe("HTTP/2 200 ");
  });

  it("tells a plain HTTP client that this is HTTPS", async () => {
    const run = await runTool("curl", [
      "--silent",
      "--include",
      "--max-time",
      "10",
      `http://127.0.0.1:${front.boundPort}/api`,
    ]);
    expect(run.stdout).toBe(
      "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    );
  });

  it("is not verified by an address or by another CA, though it answers all the same", async () => {
    const url = `https://127.0.0.1:${front.boundPort}/version`;
    const byAddress = await runTool("curl", ["-sS", "--max-time", "10", "--cacert", caFile, url]);
    expect(byAddress.status).toBe(60);
    const unverified = await runTool("curl", ["-sSk", "--max-time", "10", url]);
    expect(unverified.status).toBe(0);
    const foreign = await plane.front({ kind: "wrong-certificate", flaw: "foreign-ca" });
    expect((await curlTo(foreign, "/version")).exit).toBe(60);
  });

  it("refuses TLS 1.1 with an alert and speaks 1.2", async () => {
    const old = await curl("/version", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0");
    expect(old.exit).toBe(35);
    expect(old.stderr).toContain("protocol version");
    const older = await curl("/version", "--tls-max", "1.2");
    expect(older.statusLine).toBe("HTTP/2 200 ");
  });
});

describe.skipIf(!hasOpenssl)("openssl against a simulated API server", () => {
  it("meets TLS 1.3 with AES-128-GCM and X25519, and is asked for a certificate without SNI", async () => {
    const run = await runTool("openssl", [
      "s_client",
      "-connect",
      `127.0.0.1:${front.boundPort}`,
      "-noservername",
      "-CAfile",
      caFile,
      "-alpn",
      "h2",
    ]);
    expect(run.stdout).toContain("TLS_AES_128_GCM_SHA256");
    expect(run.stdout).toContain("Server Temp Key: X25519");
    expect(run.stdout).toContain("Acceptable client certificate CA names\nCN = kubernetes");
    expect(run.stdout).toContain("ALPN protocol: h2");
    expect(run.stdout).toContain("Verify return code: 0 (ok)");
  });

  it("prints the certificate in the shape of a real one", async () => {
    const leaf = plane.pki.leaf("a").certificatePem;
    const text = await runTool("openssl", ["x509", "-noout", "-text"], leaf);
    for (const part of [
      "Version: 3 (0x2)",
      "Signature Algorithm: sha256WithRSAEncryption",
      "Issuer: CN = kubernetes",
      "Subject: CN = kube-apiserver",
      "Public-Key: (2048 bit)",
      "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment",
      "X509v3 Extended Key Usage: \n                TLS Web Server Authentication",
      "X509v3 Basic Constraints: critical\n                CA:FALSE",
      `DNS:kubernetes.default.svc.cluster.local, DNS:${ENDPOINT_NAME}, IP Address:172.20.0.1, IP Address:10.0.20.41`,
    ]) {
      expect(text.stdout).toContain(part);
    }
    const ca = await runTool("openssl", ["x509", "-noout", "-text"], plane.pki.caPem);
    expect(ca.stdout).toContain("Serial Number: 0 (0x0)");
    expect(ca.stdout).toContain("Digital Signature, Key Encipherment, Certificate Sign");
    expect(ca.stdout).toContain("X509v3 Basic Constraints: critical\n                CA:TRUE");
  });
});

describe.skipIf(!hasOpenssl)("openssl's strict rules", () => {
  it("are met by a leaf, and not by one without key identifiers", async () => {
    const rules = ["verify", "-x509_strict", "-CAfile"];
    const proper = plane.pki.leaf("a").certificatePem;
    expect((await runTool("openssl", [...rules, caFile], proper)).stdout).toBe("stdin: OK\n");
    const servers = FIELD_CLUSTER.servers.map((server) => ({ ...server, withoutKeyIds: true }));
    const bare = await mintClusterPki({ ...FIELD_CLUSTER, servers }, Date.now());
    const leaf = bare.leaf("a").certificatePem;
    const bareCa = files.write("bare-ca.pem", bare.caPem);
    const lenient = await runTool("openssl", ["verify", "-CAfile", bareCa], leaf);
    expect(lenient.stdout).toBe("stdin: OK\n");
    const strict = await runTool("openssl", [...rules, bareCa], leaf);
    expect(strict.status).not.toBe(0);
    expect(strict.stderr).toContain("Missing Authority Key Identifier");
    const text = await runTool("openssl", ["x509", "-noout", "-text"], leaf);
    expect(text.stdout).not.toContain("Key Identifier");
  });
});

const kubectl = (path: string, token: string): ReturnType<typeof runTool> =>
  runTool("kubectl", [
    "--kubeconfig=/dev/null",
    "--request-timeout=10s",
    `--server=https://127.0.0.1:${front.boundPort}`,
    `--tls-server-name=${ENDPOINT_NAME}`,
    `--certificate-authority=${caFile}`,
    `--token=${token}`,
    "get",
    "--raw",
    path,
  ]);

describe.skipIf(!hasKubectl)("kubectl against a simulated API server", () => {
  it("reads /api with a token and is refused with a bad one", async () => {
    const good = await kubectl("/api", "lab-token");
    expect(good.stdout).toBe(BODY_API);
    const refused = await kubectl("/api", "other-token");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/unauthorized|must be logged in/i);
  });
});
