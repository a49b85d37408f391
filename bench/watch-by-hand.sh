#!/usr/bin/env bash
# What an engineer runs every second to learn whether every address of an EKS endpoint still answers,
# and which API server behind it: `watch-by-hand.sh CLUSTER REGION ROUNDS` asks each address once a
# round, without the sleep between them, and prints a line per address and round, "ADDRESS SERVER",
# and at the end what the rounds alone have cost: "cpu SECONDS".
set -euo pipefail
cluster=$1 region=$2 rounds=$3

described=$(aws eks describe-cluster --region "$region" --name "$cluster" --output json)
enis=$(aws ec2 describe-network-interfaces --region "$region" --output json \
  --filters "Name=description,Values=Amazon EKS $cluster" |
  jq -r '.NetworkInterfaces[].PrivateIpAddress')
token=$(env -u AWS_ENDPOINT_URL aws eks get-token --region "$region" --cluster-name "$cluster" --output json |
  jq -r .status.token)

host=$(jq -r '.cluster.endpoint | ltrimstr("https://")' <<<"$described")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ca=$folder/ca.pem
jq -r .cluster.certificateAuthority.data <<<"$described" | base64 -d >"$ca"

dns=()
if [[ ${EKS_PROBE_RESOLVER:-} == *:* ]]; then
  dns=("@${EKS_PROBE_RESOLVER%:*}" -p "${EKS_PROBE_RESOLVER##*:}")
fi
vips=$(dig "${dns[@]}" +short "$host" A)

dial() {
  local to=$1:443
  for rule in ${EKS_PROBE_CONNECT_TO:-}; do
    case $rule in
    "$1:443:"*) to=${rule#"$1:443:"} && break ;;
    ::*) to=${rule#::} && break ;;
    esac
  done
  echo "$to"
}

declare -A to
for ip in $vips $enis; do to[$ip]=$(dial "$ip"); done
times >"$folder/before"
for ((round = 0; round < rounds; round++)); do
  for ip in $vips $enis; do
    address=$(curl -sS --max-time 5 --cacert "$ca" --connect-to "$host:443:${to[$ip]}" --config - \
      "https://$host/api" <<<"header = \"Authorization: Bearer $token\"" |
      jq -r '.serverAddressByClientCIDRs[] | select(.clientCIDR == "0.0.0.0/0").serverAddress')
    echo "$ip $address"
  done
done
times >"$folder/after"
# Of each the user and the system time of this shell, then those of what it waited for: 0m1.234s.
awk 'function seconds(text, part) { split(text, part, /[ms]/); return part[1] * 60 + part[2] }
  { sum = seconds($1) + seconds($2); cpu += FILENAME ~ /before$/ ? -sum : sum }
  END { print "cpu", cpu }' "$folder/before" "$folder/after"
