#!/bin/bash
# Builds micro-bench, unless MICRO_BENCH names a build of it, and checks its counts.
# Arguments go to check.py.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh valgrind
program=${MICRO_BENCH:-}
if [ -z "$program" ]; then
  scripts/require-swift.sh
  scripts/install-packages.sh
  echo "==> building micro-bench"
  swift build --configuration release --product micro-bench
  program=$(swift build --configuration release --show-bin-path)/micro-bench
fi
echo "==> counting instructions and allocations"
exec Benchmarks/check.py --program "$program" "$@"
