#!/bin/bash
# Installs paho-mqtt into .build-tunnel and runs scripts/mqtt_tunnel.py with it.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$PWD/.build-tunnel/venv
if [ ! -x "$venv/bin/python3" ]; then
  echo "==> installing paho-mqtt"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet paho-mqtt==2.1.0
fi
"$venv/bin/python3" scripts/mqtt_tunnel.py "$@"
