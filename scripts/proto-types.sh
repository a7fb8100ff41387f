#!/usr/bin/env bash
# Writes the TypeScript types of the .proto files to proto/gen, or into the empty folder given. The options that shape
# messages are those of proto/service-clients.ts, and a test says that proto/gen holds what this script writes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ $# -eq 0 ]; then rm -rf "$root/proto/gen"; fi
out=${1:-$root/proto/gen}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$root/proto"
# Only files with services are named: what they import comes with them, and for a file without a service the
# generator writes an import that nothing uses, which the compiler refuses.
# shellcheck disable=SC2046
node ../node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js \
  --longs=Number --enums=String --defaults --oneofs \
  --grpcLib=@grpc/grpc-js --includeComments \
  --targetFileExtension=.ts --importFileExtension=.ts \
  --includeDirs=. --outDir="$out" \
  $(grep -rl --include='*.proto' '^service ' . | sed 's|^\./||' | LC_ALL=C sort)
