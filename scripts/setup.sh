#!/usr/bin/env bash
# Makes sure of what p2pfs needs from the machine: Node, /dev/fuse and a few Debian packages. As root, or where sudo
# asks nothing, it installs what is missing; else it prints the one command that does and ends with 1. Quick and quiet
# when all is there.
#
#   scripts/setup.sh          what building, testing and measuring needs
#   scripts/setup.sh --run    what running needs
set -euo pipefail

# Debian package and the reason for it.
run_packages=(
  libfuse2      # fuse-native's prebuilt addon is linked against libfuse.so.2
  fuse3         # fusermount: mounts for users other than root, and unmounts
  g++           # compiles native/linux, the mount's fast way to the kernel
  make          # node-gyp's builds
  python3       # node-gyp itself; for tests: http.server's index pages, the relay that gives a test link its delay
)
test_packages=(
  nginx-light   # the origin of the tests, whose access log counts the bytes
  openssl       # certificates of the TLS origins
  iproute2      # ip and tc: network namespaces with shaped links
  nftables      # nft: what a test cluster's links lose, and who sent how much over them
  curl          # what copies are measured against
  e2fsprogs     # mkfs.ext4: small filesystems that can be filled up
  plocate       # updatedb: a program that looks at every file, and must not make the mount fetch
  file          # what looks at the header of every file
  python3-swift # a real S3 server to hold the S3 source to
)

node_minimum=20.18.0
# Package lists older than this many days are fetched again before installing.
lists_days_max=7

say() { printf 'setup: %s\n' "$*" >&2; }

check_node() {
  local version
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    say "Node.js $node_minimum or newer with npm is needed and was not found; see https://nodejs.org/en/download."
    return 1
  fi
  version=$(node -p 'process.versions.node')
  if [ "$(printf '%s\n' "$node_minimum" "$version" | sort -V | head -n 1)" != "$node_minimum" ]; then
    say "Node.js $node_minimum or newer is needed; this is $version."
    return 1
  fi
}

check_fuse() {
  [ "$(uname -s)" = Linux ] || return 0
  [ -e /dev/fuse ] || { [ "$(id -u)" = 0 ] && command -v modprobe >/dev/null && modprobe fuse 2>/dev/null; } || true
  if [ ! -c /dev/fuse ]; then
    say "/dev/fuse is missing, so nothing can be mounted: load the kernel's fuse module (modprobe fuse) or, in a container, start it with --device /dev/fuse --cap-add SYS_ADMIN."
    return 1
  fi
  if [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
    say "/dev/fuse may not be opened by this user, so nothing can be mounted: its mode should be 0666."
    return 1
  fi
}

# Prints those of the packages named that are not installed.
missing_of() {
  local package
  for package in "$@"; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) printf '%s\n' "$package" ;;
    esac
  done
}

lists_are_fresh() {
  [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime "-$lists_days_max" -print -quit 2>/dev/null)" ]
}

# install PREFIX PACKAGE…; PREFIX is empty or "sudo -n".
install_packages() {
  local prefix=$1
  shift
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
  say "installing $*"
  if ! lists_are_fresh || ! $prefix "${install[@]}" </dev/null >&2; then
    $prefix apt-get update -q </dev/null >&2 || return 1
    $prefix "${install[@]}" </dev/null >&2 || return 1
  fi
  # Debian's nginx starts itself on port 80 at once and at every boot; the tests start their own, elsewhere.
  case " $* " in
    *' nginx-light '*)
      if [ -d /run/systemd/system ]; then $prefix systemctl disable -q --now nginx || true; fi
      ;;
  esac
}

# updatedb would list every directory of every mount: it is told to leave them out, where this user may tell it.
prune_mounts() {
  local config=/etc/updatedb.conf
  [ -w "$config" ] || return 0
  grep -q '^ *PRUNEFS *=.*[" ]fuse\.p2pfs[" ]' "$config" && return 0
  grep -q '^ *PRUNEFS *= *"' "$config" || return 0
  say "telling updatedb to leave out mounts of p2pfs (PRUNEFS in $config)"
  sed -i 's/^\( *PRUNEFS *= *"\)/\1fuse.p2pfs /' "$config"
}

main() {
  local packages=("${run_packages[@]}") missing command
  case ${1-} in
    --run) ;;
    '') packages+=("${test_packages[@]}") ;;
    *)
      say "usage: setup.sh [--run]"
      return 2
      ;;
  esac
  check_node
  if [ "$(uname -s)" = Darwin ]; then
    say "on macOS, install macFUSE yourself; the packages of this script are Debian's."
    return 0
  fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is no Debian; install the counterparts of these packages yourself: ${packages[*]}"
  else
    mapfile -t missing < <(missing_of "${packages[@]}")
    if [ "${#missing[@]}" -gt 0 ]; then
      command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
      if [ "$(id -u)" = 0 ]; then
        install_packages "" "${missing[@]}" || { say "installing failed; try it by hand: $command"; return 1; }
      elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        install_packages "sudo -n" "${missing[@]}" || { say "installing failed; try it by hand: sudo sh -c '$command'"; return 1; }
      else
        say "packages are missing and this user may not install them; run this once:"
        printf "sudo sh -c '%s'\n" "$command"
        return 1
      fi
    fi
  fi
  prune_mounts
  check_fuse
}

main "$@"
