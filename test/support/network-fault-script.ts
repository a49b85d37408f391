/**
 * A worker of the VPC on a cable to "the cloud", which holds the lab's addresses; then one fault of
 * the network after the other, each made by the kernel and taken back. All of it lives in namespaces
 * that end with the script. Results go to files: NAME.out, NAME.err, NAME.code.
 */
export const NETWORK_FAULT_SCRIPT = `
set -u
cd "$DIR"
ip link set lo up
mount --bind inside.conf /etc/resolv.conf
mount --bind plain.hosts /etc/hosts
for address in $V4; do ip route add local "$address" dev lo; done
"$NODE" "$PROGRAM" lab --own-addresses >lab.env 2>lab.err &
lab=$!
for _ in $(seq 100); do grep -q terminal lab.env && break; sleep 0.1; done
set -a; . ./lab.env >/dev/null; set +a

unshare -n sleep 120 >/dev/null 2>&1 &
worker=$!
while [ "$(readlink /proc/$worker/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
ip link add worker type veth peer name eth0 netns $worker
ip addr add 169.254.7.1 peer 10.0.105.163 dev worker
ip link set worker up
at() { nsenter -t $worker -n "$@"; }
at bash -c "ip link set lo up; ip addr add 10.0.105.163 peer 169.254.7.1 dev eth0; ip link set eth0 up
  ip route add default via 169.254.7.1"

port=\${AWS_ENDPOINT_URL##*:}
"$NODE" relay.cjs "$port" 169.254.7.1 >relay.out 2>&1 &
relay=$!
for _ in $(seq 100); do grep -q ready relay.out && break; sleep 0.1; done
# The kernel lists an address only once its cable is seen to carry.
for _ in $(seq 100); do at ip link show eth0 | grep -q LOWER_UP && break; sleep 0.1; done

check() { name=$1; shift
  at env AWS_ENDPOINT_URL=http://169.254.7.1:$port "$NODE" "$PROGRAM" check --cluster gonz-eks-pub \\
    --resolver system --timeout 1500ms -o json "$@" >"$name.out" 2>"$name.err"
  echo $? >"$name.code"; }

check healthy
for kind in unreachable prohibit blackhole; do
  for vip in $VIPS; do at ip route add $kind $vip; done
  check route-$kind
  for vip in $VIPS; do at ip route del $kind $vip; done
done
at ip route del default
for address in $ENIS 10.0.0.2; do at ip route add $address via 169.254.7.1; done
check no-default-route
at ip route add default via 169.254.7.1

if at iptables -A OUTPUT -p tcp --dport 443 -d 10.0.20.41 -j DROP 2>iptables.err; then
  touch iptables
  check drop-one-eni; at iptables -F
  for vip in $VIPS; do at iptables -A OUTPUT -p tcp --dport 443 -d $vip -j DROP; done
  check drop-vips; at iptables -F
  for vip in $VIPS; do at iptables -A OUTPUT -p tcp --dport 443 -d $vip -j REJECT --reject-with tcp-reset; done
  check reject-vips; at iptables -F
  for vip in $VIPS; do at iptables -A INPUT -p tcp --sport 443 -s $vip -m length --length 1000: -j DROP; done
  check mtu-vips; at iptables -F
  at iptables -A OUTPUT -p udp --dport 53 -j DROP
  check no-dns; at iptables -F
fi
kill $lab $relay $worker
wait 2>/dev/null
exit 0
`;
