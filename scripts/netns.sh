# Test links between network namespaces, for scripts/lab and scripts/cluster, which source it: delay, rate, and the end of
# what runs inside. It touches no interface and no process outside the namespaces it is told of. $tool_name is who speaks.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Bytes the shaper lets pass at once: what the rate brings in 4 ms, and at least two of the largest frames.
burst_ms=4
burst_bytes_min=131072
# Longest time a frame may wait in the shaper before it is dropped.
queue_latency=50ms
# Time that processes in the namespaces have to end before they are killed, tenths of a second.
grace_tenths=30

say() { printf '%s: %s\n' "$tool_name" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# need_root_and TOOL…
need_root_and() {
  local tool
  [ "$(id -u)" = 0 ] || die "needs root, to make network namespaces"
  for tool in "$@"; do command -v "$tool" >/dev/null || die "needs $tool (scripts/setup.sh installs it)"; done
}

# Longer names do not fit where the kernel keeps them.
check_name() { [[ $1 =~ ^[a-z0-9-]{1,32}$ ]] || die "a name is made of small letters, digits and dashes, 32 at most"; }

netns_exists() { [ -e "/run/netns/$1" ]; }
# in_netns NAMESPACE COMMAND…
in_netns() {
  local netns=$1
  shift
  # Not `ip netns exec`: it gives the command mounts of its own, which others would not see.
  nsenter --net="/run/netns/$netns" -- "$@"
}

# Writes a delay as milliseconds: 10ms, 2.5ms, 0.1s.
delay_in_ms() {
  awk -v text="$1" 'BEGIN {
    if (match(text, /^[0-9]+(\.[0-9]+)?ms$/)) print substr(text, 1, length(text) - 2) + 0
    else if (match(text, /^[0-9]+(\.[0-9]+)?s$/)) print (substr(text, 1, length(text) - 1)) * 1000
    else exit 1
  }' || die "a delay is written like 10ms or 0.5s, not $1"
}

# Writes a rate as bytes that pass in burst_ms.
burst_of() {
  awk -v text="$1" -v ms="$burst_ms" -v least="$burst_bytes_min" 'BEGIN {
    if (!match(text, /^[0-9]+(\.[0-9]+)?[kmg]bit$/)) exit 1
    unit = substr(text, length(text) - 3, 1)
    bits = substr(text, 1, length(text) - 4) * (unit == "k" ? 1e3 : unit == "m" ? 1e6 : 1e9)
    bytes = bits / 8 * ms / 1000
    printf "%d\n", bytes < least ? least : bytes
  }' || die "a rate is written like 500mbit or 2.5gbit, not $1"
}

# join_netns DELAY_MS NEAR NEAR_DEVICE FAR FAR_DEVICE: two ends of a link, not yet up. What delays runs in NEAR.
join_netns() {
  local delay_ms=$1 near=$2 near_device=$3 far=$4 far_device=$5
  if [ "$delay_ms" = 0 ]; then
    ip -n "$near" link add "$near_device" type veth peer name "$far_device" netns "$far"
    return
  fi
  # This kernel may lack netem, so a relay between two tun devices holds each frame back. It returns once it runs.
  command -v python3 >/dev/null || die "a delay needs python3 (scripts/setup.sh installs it)"
  [ -c /dev/net/tun ] || die "a delay needs /dev/net/tun"
  in_netns "$near" python3 "$here/lab-relay.py" "$delay_ms" "$near_device" far0
  ip -n "$near" link set far0 netns "$far"
  ip -n "$far" link set far0 name "$far_device"
}

# set_up_end NAMESPACE DEVICE ADDRESS PEER [RATE]: the end's address, and its rate outwards.
set_up_end() {
  local netns=$1 device=$2 address=$3 peer=$4 rate=${5-}
  ip -n "$netns" address add "$address" peer "$peer" dev "$device"
  ip -n "$netns" link set "$device" up txqueuelen 1000
  [ -z "$rate" ] || in_netns "$netns" tc qdisc replace dev "$device" root \
    tbf rate "$rate" burst "$(burst_of "$rate")" latency "$queue_latency"
}

# A note on a device goes with it. note NAMESPACE DEVICE TEXT; noted NAMESPACE DEVICE
note() { ip -n "$1" link set "$2" alias "$3"; }
noted() { ip -n "$1" link show "$2" | sed -n 's/^ *alias //p'; }

# Processes of all these namespaces.
inhabitants() {
  local netns
  for netns in "$@"; do if netns_exists "$netns"; then ip netns pids "$netns"; fi; done
}

# Ends what runs in the namespaces and removes them.
remove_netns() {
  local netns pids tries
  mapfile -t pids < <(inhabitants "$@")
  [ "${#pids[@]}" = 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
  for ((tries = 0; tries < grace_tenths; tries++)); do
    [ -n "$(inhabitants "$@")" ] || break
    sleep 0.1
  done
  mapfile -t pids < <(inhabitants "$@")
  [ "${#pids[@]}" = 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true
  for netns in "$@"; do if netns_exists "$netns"; then ip netns del "$netns"; fi; done
}
