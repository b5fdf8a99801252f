#!/bin/bash
# Builds what the benchmarks need and runs them: Benchmarks/bench.sh [arguments of runner/bench.py]
# BRIDGE and CLIENT_BENCH name release builds of the bridge and of client-bench; without them this checkout is built. BARS
# chooses bars.
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
  if [ -z "${CLIENT_BENCH:-}" ]; then
    echo "==> building client-bench"
    package=(--configuration release --package-path Benchmarks --scratch-path "$scratch/package")
    swift build "${package[@]}" --product client-bench
    CLIENT_BENCH=$(swift build "${package[@]}" --show-bin-path)/client-bench
  fi
  export CLIENT_BENCH
  ;;
esac
exec Benchmarks/runner/bench.py --bridge "$bridge" --bars "${BARS:-}" "$@"
