#!/usr/bin/env python3
"""Plays MQTT through GET /mqtt of a release build, with the client paho-mqtt over WebSocket.

scripts/mqtt_tunnel.py [--bridge .build/release/mqtt-bridge]

Starts a mosquitto that wants a password and a bridge with tokens; needs paho-mqtt 2 (make tunnel-test installs it).
"""

import argparse
import base64
import hashlib
import hmac
import json
import pathlib
import queue
import socket
import subprocess
import sys
import tempfile
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

SECRET = "a secret of the tunnel test, and long enough"
DEADLINE = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def token(subject, **grants):
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    claims = {"sub": subject, "aud": "mqtt-bridge", "exp": int(time.time()) + grants.pop("lifetime", 600), "mqtt": grants}
    signed = encode(b'{"alg":"HS256","typ":"JWT"}') + "." + encode(json.dumps(claims).encode())
    return signed + "." + encode(hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256))


class Client:
    """A paho client with its events in one queue."""

    def __init__(self, port, bearer, version=mqtt.MQTTv5, client_id="x", will=None, path="/mqtt"):
        self.events = queue.Queue()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, transport="websockets", protocol=version)
        # A client that is no browser has no origin.
        more = {"Authorization": "Bearer " + bearer} if bearer else {}
        self.client.ws_set_options(
            path=path, headers=lambda usual: {k: v for k, v in usual.items() if k != "Origin"} | more)
        self.client.username_pw_set("nobody", "wrong")
        if will:
            self.client.will_set(*will)
        self.client.on_connect = lambda c, u, flags, reason, p: self.events.put(("connected", reason.value))
        self.client.on_disconnect = lambda c, u, flags, reason, p: self.events.put(("disconnected", reason.value))
        self.client.on_message = lambda c, u, m: self.events.put(("message", m.topic, m.payload, m.qos))
        self.client.on_subscribe = lambda c, u, mid, codes, p: self.events.put(
            ("subscribed", [code.value for code in codes]))
        self.client.on_publish = lambda c, u, mid, reason, p: self.events.put(("published", reason.value))
        self.client.connect("127.0.0.1", port, keepalive=10)
        self.client.loop_start()

    def expect(self, *event):
        try:
            seen = self.events.get(timeout=DEADLINE)
        except queue.Empty:
            raise SystemExit(f"waited in vain for {event}")
        if seen != event:
            raise SystemExit(f"expected {event}, got {seen}")

    def end(self):
        self.client.disconnect()
        self.client.loop_stop()


def check_publishing(port):
    bob = Client(port, token("bob", publish=["a/#"], subscribe=["a/#"]))
    bob.expect("connected", 0)
    bob.client.subscribe([("a/#", 2), ("b/#", 1)])
    bob.expect("subscribed", [2, 0x87])
    for qos in (0, 1, 2):
        bob.client.publish("a/x", f"hello {qos}", qos=qos)
        events = {bob.events.get(timeout=DEADLINE) for _ in range(2)}
        assert events == {("published", 0), ("message", "a/x", f"hello {qos}".encode(), qos)}, events
    bob.client.publish("b/x", "no", qos=1)
    bob.expect("published", 0x87)
    bob.client.publish("b/x", "no", qos=2)
    # paho says PUBREL to the refusal, and takes the answer to that for the end.
    bob.expect("published", 0x92)
    large = bytes(200_000)
    bob.client.publish("a/large", large, qos=0)
    events = {bob.events.get(timeout=DEADLINE) for _ in range(2)}
    assert ("message", "a/large", large, 0) in events, "the large message did not come"
    bob.end()


def check_aliases(port):
    bob = Client(port, token("bob", publish=["a/#"], subscribe=["a/#"]))
    bob.expect("connected", 0)
    bob.client.subscribe("a/#", 0)
    bob.expect("subscribed", [0])
    properties = Properties(PacketTypes.PUBLISH)
    properties.TopicAlias = 1
    bob.client.publish("a/alias", "named", properties=properties)
    # An empty topic, for which paho has no public method: the alias stands for it.
    bob.client._send_publish(
        9, b"", b"aliased", 0, False, info=mqtt.MQTTMessageInfo(9), properties=properties)
    events = [bob.events.get(timeout=DEADLINE) for _ in range(4)]
    for payload in (b"named", b"aliased"):
        assert ("message", "a/alias", payload, 0) in events, events
    bob.end()


def check_denied(port):
    bob = Client(port, token("bob", subscribe=["a/#"], deny=["a/secret"]))
    sender = Client(port, token("root", publish=["#"], subscribe=["#"]), client_id="sender")
    bob.expect("connected", 0)
    sender.expect("connected", 0)
    bob.client.subscribe("a/#", 2)
    bob.expect("subscribed", [2])
    for qos in (0, 1, 2):
        sender.client.publish("a/secret", "hidden", qos=qos)
        sender.expect("published", 0)
        sender.client.publish("a/open", "seen", qos=qos)
        sender.expect("published", 0)
        bob.expect("message", "a/open", b"seen", qos)
    bob.end()
    sender.end()


def check_old_version(port):
    bob = Client(port, token("bob", publish=["a/#"], subscribe=["a/#"]), version=mqtt.MQTTv311)
    bob.expect("connected", 0)
    bob.client.subscribe([("b", 1), ("a/#", 1)])
    bob.expect("subscribed", [0x80, 1])
    bob.client.publish("a/x", "old", qos=1)
    events = {bob.events.get(timeout=DEADLINE) for _ in range(2)}
    assert ("message", "a/x", b"old", 1) in events, events
    bob.client.reconnect_delay_set(30)
    bob.client.publish("b/x", "no", qos=0)
    event = bob.events.get(timeout=DEADLINE)
    while event[0] == "published":
        event = bob.events.get(timeout=DEADLINE)
    assert event[0] == "disconnected", event
    bob.client.loop_stop()


def check_sessions(port):
    """Each caller has sessions of its own: the same client identifier does not take over."""
    clients = [Client(port, token(name, subscribe=["a/#"]), client_id="same") for name in ("ann", "ben")]
    for client in clients:
        client.expect("connected", 0)
    for client in clients:
        client.client.subscribe("a/#", 0)
        client.expect("subscribed", [0])
        client.end()


def check_refused(port):
    will = Client(port, token("bob", publish=["a/#"]), will=("b/will", "x", 0, False))
    will.client.reconnect_delay_set(30)
    will.expect("connected", 0x87)
    will.client.loop_stop()
    try:
        Client(port, None).expect("connected", 0)
    except (mqtt.WebsocketConnectionError, ConnectionError, ValueError):
        return
    raise SystemExit("a client without a token got in")


def check_expiry(port):
    bob = Client(port, token("bob", subscribe=["a/#"], lifetime=3))
    bob.client.reconnect_delay_set(30)
    bob.expect("connected", 0)
    bob.expect("disconnected", 0x87)
    bob.client.loop_stop()


def wait_for_line(process, text):
    for line in process.stderr:
        if text in line:
            return line
    raise SystemExit(f"the bridge ended without '{text}'")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bridge", default=".build/release/mqtt-bridge")
    bridge_path = parser.parse_args().bridge
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        broker_port = free_port()
        passwords = folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "bridge", "right"], check=True)
        passwords.chmod(0o644)
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {broker_port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n")
        secret = folder / "secret"
        secret.write_text(SECRET)
        broker = subprocess.Popen(["mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
        bridge = None
        try:
            bridge = subprocess.Popen(
                [bridge_path, "--broker", f"mqtt://127.0.0.1:{broker_port}", "--username", "bridge",
                 "--password", "right", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                 "--data", str(folder / "data"), "--jwt-secret-file", str(secret), "--jwt-leeway", "0",
                 "--mqtt-tunnel", "true", "--log-format", "json"],
                stderr=subprocess.PIPE, text=True)
            started = json.loads(wait_for_line(bridge, '"message":"started"'))
            port = int(started["listen"].rsplit(":", 1)[1])
            for check in (check_publishing, check_aliases, check_denied, check_old_version,
                          check_sessions, check_refused, check_expiry):
                check(port)
                print(f"tunnel: {check.__name__.removeprefix('check_')} passed", flush=True)
        finally:
            for process in (bridge, broker):
                if process:
                    process.terminate()
                    process.wait()
    print("tunnel: all checks passed")


if __name__ == "__main__":
    sys.exit(main())
