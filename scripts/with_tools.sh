#!/bin/bash
# Runs a Python script with the packages of scripts/requirements.txt, which it installs into .build/tools.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v python3 >/dev/null || { echo "error: no python3 in PATH" >&2; exit 1; }
tools=.build/tools
if ! cmp --silent scripts/requirements.txt "$tools/requirements.txt"; then
  echo "==> installing the tools of scripts/requirements.txt"
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --requirement scripts/requirements.txt
  cp scripts/requirements.txt "$tools/requirements.txt"
fi
exec "$tools/bin/python" "$@"
