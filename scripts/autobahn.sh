#!/bin/bash
# Plays the cases of the Autobahn WebSocket suite against the real codec, in both roles:
#   scripts/autobahn.sh [server|client|both]
#
# The suite is the package kosoku of PyPI, installed into .build-autobahn, where the reports go too.
# The fixtures ws-echo-server and ws-echo-client are the ends under test, with permessage-deflate.
set -euo pipefail
cd "$(dirname "$0")/.."

role=${1:-both}
scratch=$PWD/.build-autobahn
kosoku=$scratch/venv/bin/kosoku

scripts/require-swift.sh
if [ ! -x "$kosoku" ]; then
  echo "==> installing kosoku"
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet kosoku==0.1.0
fi
echo "==> building the fixtures"
for fixture in ws-echo-server ws-echo-client; do
  swift build --configuration release --product "$fixture" --scratch-path "$scratch/build" \
    >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log"; exit 1; }
done
programs=$scratch/build/release

started=
stop() { [ -z "$started" ] || kill "$started" 2>/dev/null || true; started=; }
trap stop EXIT

# Waits until a file has a line that matches, and prints the line. What writes the file in the background
# must find it empty, or a line of an earlier run would do.
wait_for() {
  local line
  for _ in $(seq 200); do
    if line=$(grep -m 1 -E "$2" "$1" 2>/dev/null); then
      echo "$line"
      return
    fi
    sleep 0.05
  done
  echo "autobahn: nothing in $1 says $2" >&2
  return 1
}

server_role() {
  echo "==> the server under test"
  : >"$scratch/server.log"
  "$programs/ws-echo-server" >"$scratch/server.log" &
  started=$!
  local port
  port=$(wait_for "$scratch/server.log" '^[0-9]+$')
  rm -rf "$scratch/servers"
  "$kosoku" -m fuzzingclient -o "$scratch/servers" "127.0.0.1:$port" >"$scratch/kosoku.log" 2>&1 || true
  python3 scripts/autobahn/verdict.py "$scratch/servers/index.json"
  stop
}

# Plays some cases (options of kosoku) with the client, whose arguments come behind a double dash.
client_cases() {
  local port selection=()
  while [ "$1" != -- ]; do selection+=("$1"); shift; done
  shift
  port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
  rm -rf "$scratch/clients"
  : >"$scratch/client.log"
  "$kosoku" -m fuzzingserver "${selection[@]}" -o "$scratch/clients" "127.0.0.1:$port" \
    >"$scratch/client.log" 2>&1 &
  local suite=$!
  started=$suite
  wait_for "$scratch/client.log" listening >/dev/null
  "$programs/ws-echo-client" "$port" "$@"
  # It ends by itself once the reports are asked for.
  wait "$suite" || true
  started=
  python3 scripts/autobahn/verdict.py "$scratch/clients/index.json"
}

client_role() {
  echo "==> the client under test"
  client_cases -x '13.2.*' -x '13.5.*' -x '13.6.*' --
  # Here the suite wants a client that offers to send without context takeover.
  client_cases -i '13.2.*' -i '13.5.*' -i '13.6.*' -- --no-context-takeover
}

case $role in
server) server_role ;;
client) client_role ;;
both)
  server_role
  client_role
  ;;
*)
  echo "usage: scripts/autobahn.sh [server|client|both]" >&2
  exit 2
  ;;
esac
