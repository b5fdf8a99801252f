#!/bin/bash
# Checks the format of all Swift files.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/require-swift.sh
paths=(Package.swift Sources Tests)
for folder in Snippets Fuzz Benchmarks; do
  [ ! -d "$folder" ] || paths+=("$folder")
done
echo "==> swift format lint"
swift format lint --strict --parallel --recursive "${paths[@]}"
