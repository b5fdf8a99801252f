#!/bin/bash
# Runs the tests, an hour at most; arguments go to "swift test". Ends with the line that counts them.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/require-swift.sh
scripts/install-packages.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export LSAN_OPTIONS=suppressions=$PWD/scripts/lsan.suppressions:print_suppressions=0
echo "==> swift test $*"
status=0
timeout --kill-after=10 3600 swift test --disable-xctest --no-parallel "$@" 2>&1 | tee "$log" || status=$?
echo "==> result"
grep -E '^✘ |error: ' "$log" | head -n 40 || true
grep -E 'Test run with' "$log" || echo "no test was run"
exit $status
