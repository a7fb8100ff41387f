#!/usr/bin/env bash
# What `npm test` and `npm run demo` begin with, so that either may be the first command on a fresh machine: system
# packages, node_modules as the lock file says, a build. Then it becomes the command it was given.
#
#   scripts/first-run.sh [--run] COMMAND [ARGUMENT…]     --run: only what running needs, see setup.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

setup=(bash scripts/setup.sh)
if [ "${1-}" = --run ]; then
  setup+=(--run)
  shift
fi
"${setup[@]}"

# The build needs the development dependencies, whatever NODE_ENV or npm's configuration say.
node scripts/installed.mjs || npm ci --include=dev --no-audit --no-fund
node scripts/build.mjs

exec "$@"
