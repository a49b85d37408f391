import { spawnSync } from "node:child_process";

/**
 * A network of its own: "the cloud" holds the scenario's addresses, a worker inside the VPC and a
 * laptop outside hang on it by one cable each. Everything is in one bash script, because all of it
 * lives in namespaces that end with it. Results go to files: NAME.out, NAME.err, NAME.code.
 */
export const NAMESPACE_SCRIPT = `
set -u
cd "$DIR"
run() { name=$1; shift; "$@" >"$name.out" 2>"$name.err"; echo $? >"$name.code"; }
probe() { name=$1; shift; run "$name" "$NODE" "$PROGRAM" "$@"; }

ip link set lo up
mount --bind inside.conf /etc/resolv.conf
mount --bind plain.hosts /etc/hosts

# One: this host is 10.0.105.163 and everything else is here too.
ip addr add 10.0.105.163/32 dev lo
for address in $V4; do ip route add local "$address" dev lo src 10.0.105.163; done
for address in $V6; do ip -6 addr add "$address/128" dev lo nodad; done
probe own lab --scenario gonz-eks-pub --own-addresses -- endpoints --cluster gonz-eks-pub -o json
probe v6 lab --scenario v6.json --own-addresses -- endpoints --cluster gonz-eks-pub -o json

"$NODE" "$PROGRAM" lab --own-addresses >lab.env 2>lab.err &
lab=$!
for _ in $(seq 100); do grep -q terminal lab.env && break; sleep 0.1; done
set -a; . ./lab.env >/dev/null; set +a
probe own-text endpoints --cluster gonz-eks-pub
probe system endpoints --cluster gonz-eks-pub --resolver system -v
probe system-json endpoints --cluster gonz-eks-pub --resolver system -o json
mount --bind other.hosts /etc/hosts
probe hosts endpoints --cluster gonz-eks-pub --resolver system -o json -v
mount --bind plain.hosts /etc/hosts

# Two: the cloud here, a worker and a laptop elsewhere.
ip addr del 10.0.105.163/32 dev lo
for address in $V4; do ip route replace local "$address" dev lo; done
place() { # name, its address, its gateway
  unshare -n -m sleep 60 >/dev/null 2>&1 &
  pid=$!
  while [ "$(readlink /proc/$pid/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
  ip link add "$1" type veth peer name eth0 netns $pid
  ip addr add "$3" peer "$2" dev "$1"
  ip link set "$1" up
  nsenter -t $pid -n -m bash -c "
    ip link set lo up; ip addr add $2 peer $3 dev eth0; ip link set eth0 up
    mount --bind '$DIR/$4' /etc/resolv.conf"
}
place worker 10.0.105.163 169.254.7.1 inside.conf; worker=$pid
nsenter -t $worker -n ip route add default via 169.254.7.1
place laptop 203.0.113.77 169.254.7.2 outside.conf; laptop=$pid
for address in $PUBLIC; do nsenter -t $laptop -n ip route add "$address" via 169.254.7.2; done

port=\${AWS_ENDPOINT_URL##*:}
"$NODE" relay.cjs "$port" 169.254.7.1 169.254.7.2 >relay.out 2>&1 &
relay=$!
for _ in $(seq 100); do grep -q ready relay.out && break; sleep 0.1; done

at_worker() { nsenter -t $worker -n -m env AWS_ENDPOINT_URL=http://169.254.7.1:$port "$@"; }
at_laptop() { nsenter -t $laptop -n -m env AWS_ENDPOINT_URL=http://169.254.7.2:$port "$@"; }
for cluster in gonz-eks-pub gonz-eks-pri gonz-eks-both; do
  run worker-$cluster at_worker "$NODE" "$PROGRAM" endpoints --cluster $cluster --resolver system -o json
  run laptop-$cluster at_laptop "$NODE" "$PROGRAM" endpoints --cluster $cluster --resolver system -o json
done
run laptop-text at_laptop "$NODE" "$PROGRAM" endpoints --cluster gonz-eks-pub --resolver system

# What others say in the same places.
if command -v dig >/dev/null; then
  run dig-worker at_worker dig +short "$BOTH"
  run dig-laptop at_laptop dig +short "$BOTH"
fi
"$NODE" -e '
  const report = JSON.parse(require("fs").readFileSync("worker-gonz-eks-pub.out", "utf8"));
  require("fs").writeFileSync("ca.pem", report.cluster.certificateAuthority);'
token=$(at_worker "$NODE" "$PROGRAM" token --raw --cluster gonz-eks-pub)
if command -v curl >/dev/null; then
  for address in 43.200.53.253 52.79.39.107 10.0.20.41 10.0.95.229; do
    run curl-$address at_worker curl -sS --noproxy '*' --max-time 5 --cacert "$DIR/ca.pem" --connect-to "::$address:443" \\
      -H "Authorization: Bearer $token" "https://$PUB/api"
  done
  run curl-laptop at_laptop curl -sS --noproxy '*' --max-time 5 --cacert "$DIR/ca.pem" "https://$PUB/livez"
fi
if command -v kubectl >/dev/null; then
  run kubectl at_worker env HOME="$DIR" kubectl --kubeconfig=/dev/null --server "https://$PUB" \\
    --certificate-authority "$DIR/ca.pem" --token "$token" --request-timeout 5s get --raw /api
fi
kill $lab $relay $worker $laptop
wait 2>/dev/null
exit 0
`;

/** A relay from the cables' ends to the port on loopback where the simulated AWS listens. */
export const RELAY_SCRIPT = `
const net = require("node:net");
const [port, ...hosts] = process.argv.slice(2);
let left = hosts.length;
for (const host of hosts) {
  net.createServer((client) => {
    const server = net.connect(Number(port), "127.0.0.1");
    for (const [from, to] of [[client, server], [server, client]]) {
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  }).listen(Number(port), host, () => { left -= 1; if (left === 0) console.log("ready"); });
}
`;

export type Unsharing =
  | { readonly kind: "possible"; readonly flags: string }
  | { readonly kind: "impossible"; readonly reason: string };

/** Whether this machine gives us namespaces; as a user first, so that nothing needs root. */
export function findNamespaces(): Unsharing {
  if (process.platform !== "linux") return { kind: "impossible", reason: "this is not Linux" };
  if (spawnSync("ip", ["-V"]).error !== undefined)
    return { kind: "impossible", reason: "ip (iproute2) is not installed" };
  const trial =
    "ip link set lo up && mount --bind /dev/null /etc/hosts && ip link add trial0 type veth";
  const reasons: string[] = [];
  for (const flags of ["-rnm", "-nm"]) {
    const tried = spawnSync("unshare", [flags, "sh", "-c", trial], { encoding: "utf8" });
    if (tried.status === 0) return { kind: "possible", flags };
    reasons.push(`unshare ${flags}: ${tried.error?.message ?? tried.stderr.trim()}`);
  }
  return { kind: "impossible", reason: reasons.join("; ") };
}
