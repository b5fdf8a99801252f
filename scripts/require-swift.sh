#!/bin/bash
# Ends with one clear line when the Swift toolchain is missing or too old.
set -euo pipefail

if ! command -v swift >/dev/null; then
  echo "error: no swift in PATH; install Swift 6.3 or newer for Debian 12 (https://www.swift.org/install/linux/)" >&2
  exit 1
fi
version=$({ swift --version 2>/dev/null || true; } | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
major=${version%%.*}
minor=${version##*.}
if [ -z "$version" ] || [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 3 ]; }; then
  echo "error: Swift 6.3 or newer is needed, and this is ${version:-unknown} ($(command -v swift))" >&2
  exit 1
fi
