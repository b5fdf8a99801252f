#!/bin/bash
# Installs the Debian packages that the build and the tests need, if any of them is missing.
# Without a missing package it changes nothing and uses no network. Arguments are further packages.
set -euo pipefail

packages=(
  ca-certificates      # fetching the Swift packages
  curl                 # the examples of "make run"
  git                  # fetching the Swift packages
  libcurl4-openssl-dev # the requests of webhooks
  libgnutls28-dev      # the TLS of the HTTP server
  libmicrohttpd-dev    # the HTTP server
  libsqlite3-dev       # the database
  libssl-dev           # TLS
  mosquitto            # the broker of "make run" and of the tests
  mosquitto-clients    # an independent opinion in the tests
  openssl              # certificates and servers for the TLS tests
  pkg-config           # finding the libraries
  python3              # the acceptance scripts and the crash test
  zlib1g-dev           # compression of WebSocket messages
  "$@"
)

if ! command -v dpkg-query >/dev/null; then
  echo "note: this is no Debian; these packages, under whatever name, must be there: ${packages[*]}"
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "==> installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "error: as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

# The broker's package starts a system service; here a broker is only wanted while the bridge runs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
