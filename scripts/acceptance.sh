#!/bin/bash
# Runs every acceptance script against the release build; arguments go to each of them.
# Kill, stop and compare: each prints one line with its result, and the first failure ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v python3 >/dev/null || { echo "error: no python3 in PATH" >&2; exit 1; }

for script in outage kill broker_restarts fanout browser; do
  echo "==> $script"
  python3 "scripts/acceptance/$script.py" "$@"
done
