#!/bin/bash
# Installs the program, its manual page, the unit and the configuration; DESTDIR, PREFIX, SYSCONFDIR and UNITDIR say where.
# An existing configuration stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${PREFIX:-/usr/local}
etc=${SYSCONFDIR:-/etc}
unit_folder=${UNITDIR:-$prefix/lib/systemd/system}
program=${PROGRAM:-.build/release/mqtt-bridge}
root=${DESTDIR:-}
[ -x "$program" ] || { echo "error: there is no $program; run make build first" >&2; exit 1; }

put() { install -D --mode "$1" "$2" "$root$3"; }

put 755 "$program" "$prefix/bin/mqtt-bridge"
strip --strip-all "$root$prefix/bin/mqtt-bridge"
page=$(mktemp)
trap 'rm -f "$page"' EXIT
scripts/man_page.py "$program" >"$page"
put 644 "$page" "$prefix/share/man/man1/mqtt-bridge.1"
sed "s#/usr/bin/mqtt-bridge#$prefix/bin/mqtt-bridge#; s#/usr/share/doc/#$prefix/share/doc/#; s#/etc/mqtt-bridge/config#$etc/mqtt-bridge/config#" \
  deploy/systemd/mqtt-bridge.service >"$page"
put 644 "$page" "$unit_folder/mqtt-bridge.service"
put 644 deploy/debian/mqtt-bridge.sysusers "$prefix/lib/sysusers.d/mqtt-bridge.conf"
for file in CHANGELOG.md LICENSE README.md openapi.yaml docs/*.md; do
  put 644 "$file" "$prefix/share/doc/mqtt-bridge/$(basename "$file")"
done
for file in deploy/gateways/*/* deploy/prometheus/alerts.yml deploy/grafana/*.json; do
  put 644 "$file" "$prefix/share/doc/mqtt-bridge/examples/${file#deploy/}"
done
[ -e "$root$etc/mqtt-bridge/config.yaml" ] || put 644 deploy/config.yaml "$etc/mqtt-bridge/config.yaml"
