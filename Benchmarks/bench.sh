#!/bin/bash
# Builds what the benchmarks need and runs them: Benchmarks/bench.sh [arguments of runner/bench.py]
# BRIDGE names a release build of the bridge; without it this checkout is built. BARS chooses bars.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$PWD/.build-bench
bridge=${BRIDGE:-}
scripts/require-swift.sh
# The load programs, the libraries of the client's peers, nginx with nchan as a peer of the streams, and tools that load and count.
scripts/install-packages.sh gcc make libmosquitto-dev libpaho-mqtt-dev nginx libnginx-mod-nchan wrk strace
if [ -z "$bridge" ]; then
  echo "==> building a release of the bridge"
  swift build --configuration release --product mqtt-bridge
  bridge=$(swift build --configuration release --show-bin-path)/mqtt-bridge
fi
echo "==> building the load programs"
make --silent --directory Benchmarks/load BIN="$scratch/bin"
case " ${BARS:-10 11} " in
*" 10 "* | *" 11 "*)
  echo "==> building client-bench"
  swift build --configuration release --package-path Benchmarks --scratch-path "$scratch/package" \
    --product client-bench
  ;;
esac
exec Benchmarks/runner/bench.py --bridge "$bridge" --bars "${BARS:-}" "$@"
