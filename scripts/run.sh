#!/bin/bash
# Builds the bridge and runs it, with a broker of its own when none is configured.
# Arguments are the bridge's; its MQTT_BRIDGE_ variables and its file count as always.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "error: $*" >&2
  exit 1
}

# Whether something listens at HOST:PORT.
is_taken() {
  local host=${1%:*} port=${1##*:}
  host=${host#[}
  host=${host%]}
  [ "$port" != 0 ] && (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null
}

refuse_taken() {
  local setting=$1 address=$2
  if is_taken "$address"; then
    fail "something else listens on $address; choose another with ARGS=\"--$setting HOST:PORT\""
  fi
}

scripts/require-swift.sh
scripts/install-packages.sh
if [ $# -eq 0 ] && ! env | grep -q '^MQTT_BRIDGE_'; then
  # Nothing is configured, so the ports are known before the long build.
  refuse_taken listen 127.0.0.1:8080
  refuse_taken admin-listen 127.0.0.1:9090
fi

echo "==> building a release (the first time takes some minutes)"
swift build --configuration release --product mqtt-bridge
bridge=$(swift build --configuration release --show-bin-path)/mqtt-bridge

settings=$("$bridge" check-config "$@") || exit $?
value_of() { sed -n "s/^$1: \"\{0,1\}\(.*[^\"]\)\"\{0,1\}  # .*/\1/p" <<<"$settings"; }
listen=$(value_of listen)
admin=$(value_of admin_listen)
data=$(value_of data)
refuse_taken listen "$listen"
refuse_taken admin-listen "$admin"

if grep -q '^broker: .*  # default$' <<<"$settings"; then
  port=1883
  while is_taken "127.0.0.1:$port"; do port=$((port + 1)); done
  mosquitto=$(PATH=$PATH:/usr/sbin command -v mosquitto) || fail "no mosquitto in PATH"
  mkdir -p "$data/mosquitto"
  cat >"$data/mosquitto/mosquitto.conf" <<END
listener $port 127.0.0.1
allow_anonymous true
user $(id -un)
persistence true
persistence_location $(realpath "$data/mosquitto")/
allow_duplicate_messages true
log_dest file $(realpath "$data/mosquitto")/mosquitto.log
END
  echo "==> starting mosquitto on 127.0.0.1:$port, because no broker is configured"
  # It ends with this process, which becomes the bridge, and not by the terminal's Ctrl-C.
  setsid setpriv --pdeathsig TERM "$mosquitto" -c "$data/mosquitto/mosquitto.conf" &
  export MQTT_BRIDGE_BROKER=mqtt://127.0.0.1:$port
fi

# Prints the examples as soon as they work, unless the bridge ends before.
show_examples() {
  until curl --fail --silent --output /dev/null "http://$admin/healthz/ready"; do
    kill -0 $$ 2>/dev/null || return 0
    sleep 0.1
  done
  cat <<END

The bridge runs at http://$listen (Ctrl-C stops it). In another terminal:

  curl -N 'http://$listen/subscribe?topic=demo/%23'
  curl -d '21.5' 'http://$listen/publish?topic=demo/temperature'
  curl 'http://$admin/healthz/ready'

END
}
(show_examples &)

echo "==> starting the bridge"
exec "$bridge" serve "$@"
