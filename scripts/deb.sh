#!/bin/bash
# Packs a static build as a Debian package: .build/deb/mqtt-bridge_VERSION_ARCHITECTURE.deb. PROGRAM names another build.
set -euo pipefail
cd "$(dirname "$0")/.."

source=$PWD
work=$source/.build/deb
if [ -z "${PROGRAM:-}" ]; then
  echo "==> building a release that needs no Swift library"
  swift build --configuration release --product mqtt-bridge --static-swift-stdlib --scratch-path .build-static
  PROGRAM=$source/.build-static/release/mqtt-bridge
fi
PROGRAM=$(realpath "$PROGRAM")
version=$("$PROGRAM" --version | sed 's/.* //')
maintainer="${DEBFULLNAME:-mqtt-bridge maintainers} <${DEBEMAIL:-mqtt-bridge@packages.invalid}>"
stage=$work/mqtt-bridge-$version

rm -rf "$work"
mkdir -p "$stage"
cp -r deploy/debian "$stage/debian"
sed -i "s/@MAINTAINER@/$maintainer/" "$stage/debian/control"
date=$(date --utc --rfc-email --date="@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}")
cat >"$stage/debian/changelog" <<END
mqtt-bridge ($version) bookworm; urgency=medium

  * Version $version; /usr/share/doc/mqtt-bridge/changelog.gz has what is new.

 -- $maintainer  $date
END
(cd "$stage" && SOURCE=$source PROGRAM=$PROGRAM DEB_BUILD_OPTIONS="nocheck noautodbgsym" dpkg-buildpackage --build=binary --unsigned-source \
  --unsigned-changes --no-check-builddeps >"$work/log" 2>&1) || { tail -n 30 "$work/log" >&2; exit 1; }
ls "$work"/*.deb
