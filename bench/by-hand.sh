#!/usr/bin/env bash
# What an engineer runs to learn which API server answers behind every address of an EKS endpoint.
# by-hand.sh CLUSTER REGION prints a line per address: "ADDRESS SERVER-ADDRESS".
# In the lab EKS_PROBE_RESOLVER and EKS_PROBE_CONNECT_TO say where DNS and the addresses really are.
set -euo pipefail
cluster=$1 region=$2

described=$(aws eks describe-cluster --region "$region" --name "$cluster" --output json)
enis=$(aws ec2 describe-network-interfaces --region "$region" --output json \
  --filters "Name=description,Values=Amazon EKS $cluster" |
  jq -r '.NetworkInterfaces[].PrivateIpAddress')
# With AWS_ENDPOINT_URL the token would name that URL, and every API server would refuse it.
token=$(env -u AWS_ENDPOINT_URL aws eks get-token --region "$region" --cluster-name "$cluster" --output json |
  jq -r .status.token)

host=$(jq -r '.cluster.endpoint | ltrimstr("https://")' <<<"$described")
ca=$(mktemp)
trap 'rm -f "$ca"' EXIT
jq -r .cluster.certificateAuthority.data <<<"$described" | base64 -d >"$ca"

dns=()
if [[ ${EKS_PROBE_RESOLVER:-} == *:* ]]; then
  dns=("@${EKS_PROBE_RESOLVER%:*}" -p "${EKS_PROBE_RESOLVER##*:}")
fi
vips=$(dig "${dns[@]}" +short "$host" A)

for ip in $vips $enis; do
  to=$ip:443
  for rule in ${EKS_PROBE_CONNECT_TO:-}; do
    case $rule in
    "$ip:443:"*) to=${rule#"$ip:443:"} && break ;;
    ::*) to=${rule#::} && break ;;
    esac
  done
  # The token goes in by a config file on stdin: arguments are there for every user of the machine.
  address=$(curl -sS --max-time 5 --cacert "$ca" --connect-to "$host:443:$to" --config - \
    "https://$host/api" <<<"header = \"Authorization: Bearer $token\"" |
    jq -r '.serverAddressByClientCIDRs[] | select(.clientCIDR == "0.0.0.0/0").serverAddress')
  echo "$ip $address"
done
