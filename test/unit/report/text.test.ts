import { describe, expect, test } from "vitest";
import { known, skipped, unknown } from "../../../src/model/fact.ts";
import { interrupted } from "../../../src/model/ports.ts";
import type { Snapshot } from "../../../src/model/snapshot.ts";
import { renderText, type TextOptions } from "../../../src/report/text/report.ts";
import { plainTheme } from "../../../src/report/theme.ts";
import { makeRequest } from "../../../src/target/request.ts";
import {
  answered,
  bothSnapshot,
  failedAt,
  makeCluster,
  makeEni,
  makeSnapshot,
  named,
  PUB_ONE,
  PUB_TWO,
  priSnapshot,
  pubSnapshot,
  reportOf,
  sampled,
  seen,
  VPC_RESOLVER,
} from "../../support/snapshots.ts";

function render(
  snapshot: Snapshot,
  {
    width = 100,
    unicode = true,
    ...options
  }: Partial<TextOptions> & { width?: number; unicode?: boolean } = {},
): string {
  const all = { wide: false, verbose: false, quiet: false, ...options };
  return renderText(reportOf(snapshot), all, plainTheme(width, unicode));
}

const LAPTOP_IP = "192.168.0.7";
const FROM_LAPTOP = { local: { ip: LAPTOP_IP, port: 40_000 } };
const VIPS_FROM_LAPTOP = [
  seen("43.200.53.253", PUB_ONE, FROM_LAPTOP),
  seen("52.79.39.107", PUB_TWO, FROM_LAPTOP),
];
const DENIED = unknown({
  code: "access-denied",
  phase: "describe-enis",
  side: "aws",
  message: "ec2:DescribeNetworkInterfaces was denied (UnauthorizedOperation)",
  cause: "UnauthorizedOperation",
});

/** The literal without the line break that its first line starts with. */
function golden(text: string): string {
  return text.slice(1);
}

describe("the golden clusters of the field notes", () => {
  test("gonz-eks-pub: two VIPs and two ENIs, crossed over two API servers", () => {
    expect(render(pubSnapshot())).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41
  52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB   SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms  20/20  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms  20/20  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms  20/20  = A                   360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms  20/20  = B                   360d

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI
  ✓ sticky   pinned: 80/80 fresh connections (another backend ≤15 % per address, 95 %)
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("gonz-eks-pub at 80 columns drops the certificate's end before anything that tells paths apart", () => {
    expect(render(pubSnapshot(), { width: 80 })).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint
from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41
  52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB   SEEN  LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms  20/20  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms  20/20  360d
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms  20/20  360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms  20/20  360d

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI
  ✓ sticky   pinned: 80/80 fresh connections (another backend ≤15 % per address,
             95 %)
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("gonz-eks-pub at 60 columns stacks the drawing, which side by side would not fit", () => {
    expect(render(pubSnapshot(), { width: 60 })).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint
from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  A  ip-172-16-57-254
     ◀────  43.200.53.253  DNS (A, ttl 60)
     ◀────  10.0.20.41     EKS ENI
  B  ip-172-16-173-248
     ◀────  52.79.39.107   DNS (A, ttl 60)
     ◀────  10.0.95.229    EKS ENI

  PATH  ADDRESS        API  HTTP  TTFB   SEEN  LEFT
  vip   43.200.53.253  A    200   31ms  20/20  360d
  vip   52.79.39.107   B    200   31ms  20/20  360d
  eni   10.0.20.41     A    200   31ms  20/20  360d
  eni   10.0.95.229    B    200   31ms  20/20  360d

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      4/4 verified by the cluster CA ·
             CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI
  ✓ sticky   pinned: 80/80 fresh connections (another
             backend ≤15 % per address, 95 %)
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("gonz-eks-pub in ASCII, for a terminal that is not UTF-8", () => {
    expect(render(pubSnapshot(), { unicode: false })).toBe(
      golden(`
gonz-eks-pub - ap-northeast-2 - public endpoint - from 10.0.105.163 (inside the cluster VPC) - 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ---->  A  ip-172-16-57-254   <----  10.0.20.41
  52.79.39.107     ---->  B  ip-172-16-173-248  <----  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB   SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms  20/20  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms  20/20  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms  20/20  = A                   360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms  20/20  = B                   360d

  + dns      2 addresses, both public; none is an EKS ENI
  + tls      4/4 verified by the cluster CA - CN=kube-apiserver
  + map      2 API servers, each behind 1 VIP and 1 ENI
  + sticky   pinned: 80/80 fresh connections (another backend <=15 % per address, 95 %)
healthy - 4 paths - 2 API servers - 0 failed - 0 warnings
`),
    );
  });

  test("gonz-eks-pri: the name resolves to the ENIs, which stand on both sides", () => {
    expect(render(priSnapshot())).toBe(
      golden(`
gonz-eks-pri · ap-northeast-2 · private endpoint · from 10.0.105.163 (inside the cluster VPC)
412ms
F14DED698CE1583E19D28678B846C0CD.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  10.0.18.90       ────▶  A  ip-172-16-56-186   ◀────  10.0.18.90
  10.0.58.12       ────▶  B  ip-172-16-121-126  ◀────  10.0.58.12

  PATH  ADDRESS     API  HTTP    TCP    TLS  TTFB   SEEN  CERT NOT AFTER        LEFT
  eni   10.0.18.90  A    200   2.0ms  9.4ms  31ms  20/20  2024-04-23 05:19:56Z  360d
  eni   10.0.58.12  B    200   2.0ms  9.4ms  31ms  20/20  2024-04-23 05:14:45Z  360d

  ✓ dns      2 addresses, both private; all are EKS ENIs
  ✓ tls      2/2 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 ENI
  ✓ sticky   pinned: 40/40 fresh connections (another backend ≤15 % per address, 95 %)
healthy · 2 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("both endpoints: each API server has a VIP and an ENI, and the VPC's resolver names the ENI", () => {
    expect(render(bothSnapshot())).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public and private endpoint
from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41
  10.0.20.41       ────▶  A
  52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229
  10.0.95.229      ────▶  B

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms   1/1  = A                   360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms   1/1  = B                   360d

  ✓ dns      4 addresses, 2 public, 2 private; some are EKS ENIs, some are not
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI
  ✓ sticky   4 connections, too few to tell pinned from balanced; -n 20 tells
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("one connection per address is too few to call it pinned", () => {
    expect(render(pubSnapshot({}, 1))).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41
  52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms   1/1  = A                   360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms   1/1  = B                   360d

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI
  ✓ sticky   4 connections, too few to tell pinned from balanced; -n 20 tells
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });
});

describe("the options", () => {
  test("-q leaves the last line only", () => {
    expect(render(pubSnapshot(), { quiet: true })).toBe(
      golden(`
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("-q in ASCII", () => {
    expect(render(pubSnapshot(), { quiet: true, unicode: false })).toBe(
      golden(`
healthy - 4 paths - 2 API servers - 0 failed - 0 warnings
`),
    );
  });

  test("-v shows every check with its code, in the table's order", () => {
    expect(render(pubSnapshot(), { verbose: true })).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41
  52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB   SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms  20/20  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms  20/20  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms  20/20  = A                   360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms  20/20  = B                   360d

  ✓ cluster  ACTIVE, Kubernetes 1.25  C01
  ✓ enis     2 EKS ENIs in ap-northeast-2a, ap-northeast-2c  C02
  ✓ updates  ACTIVE, no update under way  C03
  ✓ issues   EKS reports no health issue  C04
  · subnets  skipped: not asked: nothing failed that it could explain; --deep asks  C05
  ✓ kind     a cluster that EKS runs  C06
  ✓ ranges   the VPC's 10.0.0.0/16 keeps clear of 172.17.0.0/16  C07
  · mode     skipped: nothing is expected; --expect-mode says what  C08
  ✓ dns      2 addresses, both public; none is an EKS ENI  D01
  · local    skipped: the system's own lookup gave no answer  D02
  · views    skipped: one resolver gave addresses; --resolver is repeatable  D03
  ✓ stale    no name leads to an address that is given up  D04
  · rebind   skipped: with public access on, the name has public addresses to give  D05
  · vpc dns  skipped: only with public and private access on the name has two answers  D06
  · zone     skipped: only with public and private access on the name has two answers  D07
  ✓ paths    4/4 answer  N01
  ✓ allowed  the public endpoint lets this host in  N02
  ✓ nat      publicAccessCidrs let everyone in  N03
  · way in   skipped: public access is on: no way into the VPC is needed  N04
  · groups   skipped: no ENI that should answer is silent  N05
  · subnet   skipped: no ENI that should answer is silent  N06
  ✓ refused  no address refuses  N07
  ✓ stall    every handshake that began was answered  N08
  · large    skipped: not asked; --deep asks  N09
  ✓ reset    no handshake was broken off  N10
  ✓ proxy    no proxy is set  N11
  ✓ family   this host has a route to an address of the endpoint  N12
  · latency  skipped: nothing is expected; --expect-tcp, --expect-tls and --expect-ttfb say what
             N13
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver  T01
  ✓ expiry   the first certificate ends in 360 days  T02
  ✓ key ids  every certificate has one  T03
  ✓ inspect  every certificate's issuer is called as a cluster's CA  T04
  ✓ whose    no certificate is another cluster's  T05
  ✓ validity every certificate is within its dates  T06
  · kubectl  skipped: no context of the kubeconfig means this cluster  T07
  · server   skipped: no context of the kubeconfig means this cluster  T08
  ✓ token    signed here, good until 2023-04-21T15:55:31Z  A01
  ✓ auth     the token is accepted by every API server that judged it  A02
  ✓ clock    within a second or so of the API servers'  A03
  · caller   skipped: not asked; --deep asks  A04
  · verify   skipped: not asked; --deep asks  A05
  ✓ role     the credentials were had, by whatever role they come from  A06
  ✓ size     within 4096 bytes  A07
  · sts      skipped: not asked: nothing failed that it could explain; --deep asks  A08
  · mapping  skipped: whose token it is was not asked of STS  A09
  · audience skipped: no context of the kubeconfig means this cluster  A10
  · renewal  skipped: no context of the kubeconfig means this cluster  A11
  · exec     skipped: no context of the kubeconfig means this cluster  A12
  · metadata skipped: not asked: nothing failed that it could explain; --deep asks  A13
  · anonym   skipped: every request carried a token  A14
  ✓ arrival  every API server that judged the request saw the token  A15
  ✓ steady   every API server judges the token the same each time  A16
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI  P01
  ✓ identity /api agrees with the certificates  P02
  ✓ sticky   pinned: 80/80 fresh connections (another backend ≤15 % per address, 95 %)  P03
  ✓ answers  none of 80 answers is an error of the server  P04
  · version  skipped: not asked; --deep asks  P05
  · health   skipped: not asked; --deep asks  P06
  ✓ topology public, DNS gives VIPs; each VIP has its own server: consistent with a zonal NLB
             without cross-zone balancing; one server per ENI in 2 zones (another backend ≤15 %)
             P07
  ✓ removed  every API server gives the token the same answer  P08
  ✓ load     none of the answers is 429  P09
  · servers  skipped: nothing is expected; --expect-api-servers says how many  P10
  · leases   skipped: not asked; --deep asks  K01
  · sources  skipped: not asked; --deep asks  K02
  ✓ service  every certificate names the service's 172.20.0.1  K03
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("--wide adds ENIs, certificates, connections and answers in full, whatever the width", () => {
    expect(render(pubSnapshot({}, 1), { wide: true })).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                                                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254.ap-northeast-2.compute.internal   ◀────  10.0.20.41
  52.79.39.107     ────▶  B  ip-172-16-173-248.ap-northeast-2.compute.internal  ◀────  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms   1/1  = A                   360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms   1/1  = B                   360d

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI
  ✓ sticky   4 connections, too few to tell pinned from balanced; -n 20 tells

  ENI              ADDRESS      AZ               SUBNET     STATUS  SECURITY GROUPS  MORE IPS
  eni-10-0-20-41   10.0.20.41   ap-northeast-2a  subnet-0a  in-use  sg-0c            none
  eni-10-0-95-229  10.0.95.229  ap-northeast-2c  subnet-0c  in-use  sg-0c            none

  A  ip-172-16-57-254.ap-northeast-2.compute.internal
     serverAddress ip-172-16-57-254.ap-northeast-2.compute.internal:443
     identity      server-address, certificate-host, certificate-fingerprint agree
     certificate   CN=kube-apiserver · issuer CN=kubernetes · serial 0A1
     valid         2023-04-17 04:15:37Z to 2024-04-16 04:20:01Z
     sha256        A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1:A1
     SANs          ip-172-16-57-254.ap-northeast-2.compute.internal kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local 1368909f748386f16ee96fce0f49a400.yl4.ap-northeast-2.eks.amazonaws.com 172.20.0.1 10.0.20.41

  B  ip-172-16-173-248.ap-northeast-2.compute.internal
     serverAddress ip-172-16-173-248.ap-northeast-2.compute.internal:443
     identity      server-address, certificate-host, certificate-fingerprint agree
     certificate   CN=kube-apiserver · issuer CN=kubernetes · serial 0B2
     valid         2023-04-17 04:15:37Z to 2024-04-16 04:15:37Z
     sha256        B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2:B2
     SANs          ip-172-16-173-248.ap-northeast-2.compute.internal kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local 1368909f748386f16ee96fce0f49a400.yl4.ap-northeast-2.eks.amazonaws.com 172.20.0.1 10.0.95.229

  EXPECTED ROUTE           WHO                      PATH
  worker to control plane  kubelet, kube-proxy      the public VIPs
  worker to control plane  pods (also the VPC CNI)  the kubernetes service's address, translated on the node to an ENI
  control plane to worker  logs, exec, webhooks     from the ENIs to kubelet, port 10250, in every mode

  ADDRESS            DIALED  FROM                TLS      CIPHER                  ALPN  CLIENT CERT  TOTAL  AUDIT-ID
  43.200.53.253:443  =       10.0.105.163:40000  TLSv1.3  TLS_AES_128_GCM_SHA256  h2    asked for    43ms   00000000-0000-4000-8000-000000000001
  52.79.39.107:443   =       10.0.105.163:40000  TLSv1.3  TLS_AES_128_GCM_SHA256  h2    asked for    43ms   00000000-0000-4000-8000-000000000001
  10.0.20.41:443     =       10.0.105.163:40000  TLSv1.3  TLS_AES_128_GCM_SHA256  h2    asked for    43ms   00000000-0000-4000-8000-000000000001
  10.0.95.229:443    =       10.0.105.163:40000  TLSv1.3  TLS_AES_128_GCM_SHA256  h2    asked for    43ms   00000000-0000-4000-8000-000000000001

  RESOLVER  TYPE  TIME   ANSWER
  10.0.0.2  A     1.5ms  43.200.53.253 (ttl 60) 52.79.39.107 (ttl 60)
  10.0.0.2  AAAA  1.5ms  no such record

healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("a simulated run says so at the top", () => {
    expect(
      render(pubSnapshot({ request: makeRequest("gonz-eks-pub", { simulated: true }) }, 1)),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com
simulated: made in the lab, not on AWS

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41
  52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms   1/1  = A                   360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms   1/1  = B                   360d

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI
  ✓ sticky   4 connections, too few to tell pinned from balanced; -n 20 tells
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });
});

describe("what went wrong", () => {
  test("a dead VIP: its arrow is broken, its row has the reason, its finding the next step", () => {
    expect(
      render(
        pubSnapshot({
          observations: [
            seen("43.200.53.253", PUB_ONE),
            failedAt("52.79.39.107"),
            ...sampled(
              [
                ["10.0.20.41", PUB_ONE],
                ["10.0.95.229", PUB_TWO],
              ],
              1,
            ),
          ],
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41
                          B  ip-172-16-173-248  ◀────  10.0.95.229
  52.79.39.107     ──✗──  ?

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   ?    –     ✗ no answer to the connection attempt within 5s
  eni   10.0.20.41     A    200   2.0ms  9.4ms  31ms   1/1  = A                   360d
  eni   10.0.95.229    B    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✗ paths    failed: 1 of 4 paths failed  N01
             52.79.39.107: no answer to the connection attempt within 5s
             → eks-probe endpoints --cluster gonz-eks-pub -n 5
               # a replaced API server fails for a minute, then leaves DNS
  ✓ tls      3/3 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, A behind 1 VIP and 1 ENI, B behind 1 ENI
  ✓ sticky   3 connections, too few to tell pinned from balanced; -n 20 tells
  eks-probe explain N01   # what it means and how to mend it
failed · 4 paths · 2 API servers · 1 failed · 0 warnings
`),
    );
  });

  test("ENIs from a laptop are skipped by design, which costs the verdict nothing", () => {
    expect(
      render(
        pubSnapshot({
          localIps: [LAPTOP_IP],
          observations: [...VIPS_FROM_LAPTOP, failedAt("10.0.20.41"), failedAt("10.0.95.229")],
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 192.168.0.7 (outside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                    EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254
  52.79.39.107     ────▶  B  ip-172-16-173-248
                          ·  not seen from here  ╌╌╌╌╌  10.0.20.41
                          ·  not seen from here  ╌╌╌╌╌  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     ·    –     skip: private address, and private access is off: only the control
                                  plane itself uses it
  eni   10.0.95.229    ·    –     skip: private address, and private access is off: only the control
                                  plane itself uses it

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      2/2 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP
  ✓ sticky   2 connections, too few to tell pinned from balanced; -n 20 tells
healthy · 2 of 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("a private cluster from a laptop cannot be judged, which is not the same as failed", () => {
    expect(
      render(
        priSnapshot({
          localIps: [LAPTOP_IP],
          observations: [failedAt("10.0.58.12"), failedAt("10.0.18.90")],
        }),
        { width: 80 },
      ),
    ).toBe(
      golden(`
gonz-eks-pri · ap-northeast-2 · private endpoint
from 192.168.0.7 (outside the cluster VPC) · 412ms
F14DED698CE1583E19D28678B846C0CD.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                    EKS ENI
  10.0.18.90       ╌╌╌╌╌  ·  not seen from here  ╌╌╌╌╌  10.0.18.90
  10.0.58.12       ╌╌╌╌╌  ·  not seen from here  ╌╌╌╌╌  10.0.58.12

  PATH  ADDRESS     API  HTTP  TCP  TLS  TTFB  SEEN  CERT NOT AFTER  LEFT
  eni   10.0.18.90  ·    –     skip: private address, no route from here: no
                               address of this host is in the VPC's 10.0.0.0/16
  eni   10.0.58.12  ·    –     skip: private address, no route from here: no
                               address of this host is in the VPC's 10.0.0.0/16

  ✓ dns      2 addresses, both private; all are EKS ENIs
  ? way in   unknown: a private endpoint, and no way into its VPC from here  N04
             this host is not in the VPC: no address of this host is in the
             VPC's 10.0.0.0/16
             where a VPN, peering or transit gateway does lead there, the
             ENIs' security groups have to let this host in on 443
             so: N01 paths: no path can be reached from here: each leads
                 through a private network
             → aws ssm start-session --region ap-northeast-2 --target INSTANCE --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host=f14ded698ce1583e19d28678b846c0cd.yl4.ap-northeast-2.eks.amazonaws.com,portNumber=443,localPortNumber=8443
               # through an instance in the VPC, then --connect-to
               ::127.0.0.1:8443; or connect the VPN, or run it there
  eks-probe explain N04   # what it means and how to mend it
could not tell · 0 of 2 paths · 0 API servers · 0 failed · 1 unknown · 0 warnings
`),
    );
  });

  test("no token asked for: the map goes by the certificates", () => {
    expect(
      render(
        pubSnapshot({
          request: makeRequest("gonz-eks-pub", { anonymous: true }),
          token: skipped("--anonymous sends none"),
          observations: [
            answered("43.200.53.253", PUB_ONE, 403, { token: "none" }),
            answered("52.79.39.107", PUB_TWO, 403, { token: "none" }),
            answered("10.0.20.41", PUB_ONE, 403, { token: "none" }),
            answered("10.0.95.229", PUB_TWO, 403, { token: "none" }),
          ],
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254   ◀────  10.0.20.41
  52.79.39.107     ────▶  B  ip-172-16-173-248  ◀────  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    403   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    403   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d
  eni   10.0.20.41     A    403   2.0ms  9.4ms  31ms   1/1  = A                   360d
  eni   10.0.95.229    B    403   2.0ms  9.4ms  31ms   1/1  = B                   360d

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      4/4 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP and 1 ENI
             all told apart by the host name in the certificate: /api gave no name
  ✓ sticky   4 connections, too few to tell pinned from balanced; -n 20 tells
healthy · 4 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });

  test("no token to be had: still the whole map, but the run could not tell all", () => {
    expect(
      render(
        pubSnapshot({
          token: unknown({
            code: "no-credentials",
            phase: "credentials",
            side: "user",
            message: "no AWS credentials were found",
          }),
          observations: [
            answered("43.200.53.253", PUB_ONE, 401, { token: "none" }),
            answered("52.79.39.107", PUB_TWO, 401, { token: "none" }),
          ],
          enis: known([]),
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254
  52.79.39.107     ────▶  B  ip-172-16-173-248

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    401   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    401   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d

  ! enis     warning: 0 EKS ENIs; EKS keeps at least 2  C02
             → aws eks describe-cluster --name gonz-eks-pub --region ap-northeast-2 --query cluster.health
  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      2/2 verified by the cluster CA · CN=kube-apiserver
  ? token    unknown: no token: no AWS credentials were found  A01
             → aws configure list
               # shows which credentials are found; or set AWS_PROFILE, or aws sso login
  ✓ map      2 API servers, each behind 1 VIP
             all told apart by the host name in the certificate: /api gave no name
  ✓ sticky   2 connections, too few to tell pinned from balanced; -n 20 tells
  eks-probe explain C02 A01   # what it means and how to mend it
could not tell · 2 paths · 2 API servers · 0 failed · 1 unknown · 1 warning
`),
    );
  });

  test("a cluster that is still CREATING has nothing to draw, and no warning about ENIs to come", () => {
    expect(
      render(
        makeSnapshot({
          cluster: known(
            makeCluster({
              status: "CREATING",
              endpoint: undefined,
              certificateAuthority: skipped("DescribeCluster gives none yet"),
            }),
          ),
          enis: known([]),
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms

  ? cluster  unknown: the cluster has no endpoint yet: its status is CREATING  C01
             → aws eks wait cluster-active --name gonz-eks-pub --region ap-northeast-2
  eks-probe explain C01   # what it means and how to mend it
could not tell · 0 paths · 0 API servers · 0 failed · 1 unknown · 0 warnings
`),
    );
  });

  test("AccessDenied on the ENIs costs their rows only", () => {
    expect(
      render(
        pubSnapshot({
          enis: DENIED,
          observations: sampled(
            [
              ["43.200.53.253", PUB_ONE],
              ["52.79.39.107", PUB_TWO],
            ],
            1,
          ),
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254
  52.79.39.107     ────▶  B  ip-172-16-173-248

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   B    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:15:37Z  360d

  ? enis     unknown: ec2:DescribeNetworkInterfaces was denied (UnauthorizedOperation)  C02
             the API servers' certificates name 10.0.20.41, 10.0.95.229, which may be ENIs
             → eks-probe iam --cluster gonz-eks-pub --region ap-northeast-2
               # prints the least policy
  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      2/2 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP
  ✓ sticky   2 connections, too few to tell pinned from balanced; -n 20 tells
  eks-probe explain C02   # what it means and how to mend it
could not tell · 2 paths · 2 API servers · 0 failed · 1 unknown · 0 warnings
`),
    );
  });

  test("an unknown cluster leaves its ENIs undrawn as broken: nobody tried them", () => {
    expect(
      render(
        makeSnapshot({
          cluster: unknown({
            code: "access-denied",
            phase: "describe-cluster",
            side: "aws",
            message: "eks:DescribeCluster was denied (AccessDeniedException)",
          }),
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · from 10.0.105.163 (inside the cluster VPC) · 412ms

  DNS         API SERVER         EKS ENI
              ?           ╌╌╌╌╌  10.0.20.41
              ?           ╌╌╌╌╌  10.0.95.229

  PATH  ADDRESS      API  HTTP  TCP  TLS  TTFB  SEEN  CERT NOT AFTER  LEFT
  eni   10.0.20.41   ?    –     unknown: eks:DescribeCluster was denied (AccessDeniedException)
  eni   10.0.95.229  ?    –     unknown: eks:DescribeCluster was denied (AccessDeniedException)

  ? cluster  unknown: eks:DescribeCluster was denied (AccessDeniedException)  C01
             without this right: --kubeconfig FILE, or --endpoint URL with --ca-file FILE, say
             where the cluster is
             → eks-probe endpoints --kubeconfig ~/.kube/config --cluster gonz-eks-pub
               # needs no eks:DescribeCluster; eks-probe iam prints the policy that allows it
  eks-probe explain C01   # what it means and how to mend it
could not tell · 0 of 2 paths · 0 API servers · 0 failed · 1 unknown · 0 warnings
`),
    );
  });

  test("a cluster that the user gave says so, and its region is not made up", () => {
    const cluster = known(
      makeCluster({ source: "flags", region: undefined, publicAccess: "unknown" }),
    );
    const given = render(pubSnapshot({ cluster }));
    expect(given.split("\n")[0]).toBe(
      "gonz-eks-pub · endpoint access unknown · from 10.0.105.163 (inside the cluster VPC) · 412ms",
    );
    expect(given).toContain("✓ cluster  given by --endpoint; DescribeCluster was not asked\n");
    expect(render(pubSnapshot())).not.toContain("✓ cluster");
  });

  test("an interrupted run shows what it has and judges nothing", () => {
    expect(
      render(
        pubSnapshot({
          interrupted: true,
          observations: [
            seen("43.200.53.253", PUB_ONE),
            failedAt("52.79.39.107", interrupted("tcp")),
          ],
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                  EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254
  52.79.39.107     ╌╌╌╌╌  ?
                          ?                    ╌╌╌╌╌  10.0.20.41
                          ?                    ╌╌╌╌╌  10.0.95.229

  PATH  ADDRESS        API  HTTP    TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200   2.0ms  9.4ms  31ms   1/1  2024-04-16 04:20:01Z  360d
  vip   52.79.39.107   ?    –     unknown: interrupted before it was done
  eni   10.0.20.41     ?    –     unknown: interrupted before it was done
  eni   10.0.95.229    ?    –     unknown: interrupted before it was done

  ✓ dns      2 addresses, both public; none is an EKS ENI
  ✓ tls      1/1 verified by the cluster CA · CN=kube-apiserver
  ✓ map      1 API server, behind 1 VIP
  ✓ sticky   1 connection, too few to tell pinned from balanced; -n 20 tells
interrupted · 1 of 4 paths · 1 API server · 0 failed · 0 warnings
`),
    );
  });

  test("a balanced address has a row for each API server behind it", () => {
    expect(
      render(
        makeSnapshot({
          request: makeRequest("gonz-eks-pub", { samples: 4 }),
          enis: known([]),
          resolutions: [named(["43.200.53.253"])],
          observations: [
            seen("43.200.53.253", PUB_ONE),
            seen("43.200.53.253", PUB_TWO, { sample: 2 }),
            seen("43.200.53.253", PUB_ONE, { sample: 3 }),
            answered("43.200.53.253", PUB_TWO, 503, { sample: 4 }),
          ],
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  DNS (A, ttl 60)         API SERVER                   EKS ENI
  43.200.53.253    ────▶  A  ip-172-16-57-254
  43.200.53.253    ────▶  B  ip-172-16-173-248

  PATH  ADDRESS        API  HTTP       TCP    TLS  TTFB  SEEN  CERT NOT AFTER        LEFT
  vip   43.200.53.253  A    200/503  2.0ms  9.4ms  31ms   2/4  2024-04-16 04:20:01Z  360d
  vip   43.200.53.253  B    200/503  2.0ms  9.4ms  31ms   2/4  2024-04-16 04:15:37Z  360d

  ! enis     warning: 0 EKS ENIs; EKS keeps at least 2  C02
             → aws eks describe-cluster --name gonz-eks-pub --region ap-northeast-2 --query cluster.health
  ✓ dns      1 address, public; none is an EKS ENI
  ✓ tls      1/1 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, each behind 1 VIP
  ✓ sticky   balanced: 43.200.53.253 leads to several API servers
             43.200.53.253: A 2/4, B 2/4
  ✗ answers  failed: 1 of 4 answers were errors of the server  P04
             43.200.53.253: HTTP 503
             → kubectl get --raw '/readyz?verbose'
               # which part of the API server is not ready
  eks-probe explain C02 P04   # what it means and how to mend it
failed · 1 path · 2 API servers · 1 failed · 1 warning
`),
    );
  });

  test("IPv6 addresses on both sides stack the drawing at 100 columns", () => {
    expect(
      render(
        makeSnapshot({
          enis: known([
            makeEni("10.0.20.41", { otherIps: ["2600:1f16:aaaa:bbbb:cccc:dddd:eeee:f001"] }),
            makeEni("10.0.95.229"),
          ]),
          resolutions: [
            named(["2600:1f16:aaaa:bbbb:cccc:dddd:eeee:f001"], { resolver: VPC_RESOLVER }),
          ],
          observations: [
            seen("2600:1f16:aaaa:bbbb:cccc:dddd:eeee:f001", PUB_ONE),
            seen("10.0.20.41", PUB_ONE),
            seen("10.0.95.229", PUB_TWO),
          ],
        }),
      ),
    ).toBe(
      golden(`
gonz-eks-pub · ap-northeast-2 · public endpoint · from 10.0.105.163 (inside the cluster VPC) · 412ms
1368909F748386F16EE96FCE0F49A400.yl4.ap-northeast-2.eks.amazonaws.com

  A  ip-172-16-57-254
     ◀────  2600:1f16:aaaa:bbbb:cccc:dddd:eeee:f001  DNS (AAAA, ttl 60)
     ◀────  10.0.20.41                               EKS ENI
     ◀────  2600:1f16:aaaa:bbbb:cccc:dddd:eeee:f001  EKS ENI
  B  ip-172-16-173-248
     ◀────  10.0.95.229                              EKS ENI

  PATH  ADDRESS                                  API  HTTP    TCP    TLS  TTFB  SEEN  LEFT
  eni   10.0.20.41                               A    200   2.0ms  9.4ms  31ms   1/1  360d
  eni   10.0.95.229                              B    200   2.0ms  9.4ms  31ms   1/1  360d
  eni   2600:1f16:aaaa:bbbb:cccc:dddd:eeee:f001  A    200   2.0ms  9.4ms  31ms   1/1  360d

  ✓ dns      1 address, public; it is an EKS ENI
  ✓ tls      3/3 verified by the cluster CA · CN=kube-apiserver
  ✓ map      2 API servers, A behind 2 ENIs, B behind 1 ENI
  ✓ sticky   3 connections, too few to tell pinned from balanced; -n 20 tells
healthy · 3 paths · 2 API servers · 0 failed · 0 warnings
`),
    );
  });
});
