#!/bin/sh
# Makes the secrets of deploy/compose.yaml that are not there yet: passwords of the broker's users for the broker and for
# the bridge, an API key, and the key of tickets. Runs in the broker's image; the folders are volumes.
set -eu
broker=${BROKER_SECRETS:-/broker}
bridge=${BRIDGE_SECRETS:-/bridge}
umask 077

random() {
  head -c 32 /dev/urandom | base64 | tr -d '=\n' | tr '+/' '-_'
}

if [ ! -e "$bridge/broker-password" ]; then
  password=$(random)
  device=$(random)
  mosquitto_passwd -b -c "$broker/passwords.new" bridge "$password"
  mosquitto_passwd -b "$broker/passwords.new" device "$device"
  mv "$broker/passwords.new" "$broker/passwords"
  printf '%s\n' "$device" > "$broker/device-password"
  printf '%s\n' "$password" > "$bridge/broker-password"
fi
if [ ! -e "$bridge/ticket-key" ]; then
  random > "$bridge/ticket-key"
fi
if [ ! -e "$bridge/access.yaml" ]; then
  key=$(random)
  hash=$(printf %s "$key" | sha256sum | cut -d ' ' -f 1)
  printf '%s\n' "$key" > "$bridge/api-key"
  # Change it as you like; docs/access.md says what may be here.
  cat > "$bridge/access.yaml" <<END
api_keys:
  - name: first
    hash: "sha256:$hash"
    grants: {publish: ["#"], subscribe: ["#"], max_qos: 2, retain: true, request: true, history: true, admin: true}
END
fi

# The broker's image runs as 1883. The bridge's volume is mounted into the bridge only, whatever its user is.
if [ "$(id -u)" -eq 0 ]; then
  chown -R 1883:1883 "$broker"
fi
chmod 0400 "$broker"/*
chmod 0755 "$bridge"
chmod 0444 "$bridge"/*
