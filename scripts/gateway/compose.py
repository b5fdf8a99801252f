"""The files of deploy/compose.yaml without Docker: secrets, broker, a bridge with its environment, gateway."""

import contextlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys

import rig
import yaml

from gateway.checks import expect
from gateway.gateways import Caddy

FOLDER = os.path.join(rig.ROOT, "deploy")


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


class Stack:
    """Every program of the file, with what it is given there; only places and ports are others."""

    def __init__(self, program, scratch):
        self.scratch = scratch
        self.ports = {name: rig.free_port() for name in ("broker", "bridge", "admin", "gateway")}
        self.folders = {name: scratch.file(f"compose-{name}")
                        for name in ("broker", "bridge", "broker-data", "data", "gateway")}
        for folder in self.folders.values():
            os.makedirs(folder)
        self.processes = {}
        self.environment = {name: str(value) for name, value in
                            yaml.safe_load(read("compose.yaml"))["services"]["bridge"]["environment"].items()}
        self.set_up()
        self.start_broker()
        self.start("bridge", [program], self.bridge_environment())
        self.start_gateway()

    def set_up(self):
        """Twice, because the second start must keep what is there."""
        environment = os.environ | {"BROKER_SECRETS": self.folders["broker"], "BRIDGE_SECRETS": self.folders["bridge"]}
        script = os.path.join(FOLDER, "compose", "setup.sh")
        subprocess.run(["sh", script], env=environment, check=True)
        with open(os.path.join(self.folders["bridge"], "api-key"), encoding="ascii") as file:
            self.key = file.read().strip()
        subprocess.run(["sh", script], env=environment, check=True)
        with open(os.path.join(self.folders["bridge"], "api-key"), encoding="ascii") as file:
            expect(file.read().strip() == self.key, "a second start made another API key")
        with open(os.path.join(self.folders["broker"], "device-password"), encoding="ascii") as file:
            self.device = file.read().strip()

    def start(self, name, command, environment=None):
        log = open(self.scratch.file(f"compose-{name}.log"), "ab")
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environment or os.environ)

    def start_broker(self):
        text = read("compose/mosquitto.conf")
        for old, new in (("listener 1883", f"user {rig.user_name()}\nlistener {self.ports['broker']} 127.0.0.1"),
                         ("/mosquitto/secrets/", self.folders["broker"] + "/"),
                         ("/mosquitto/config/", os.path.join(FOLDER, "compose") + "/"),
                         ("/mosquitto/data/", self.folders["broker-data"] + "/")):
            expect(old in text, f"mosquitto.conf has no '{old}'")
            text = text.replace(old, new)
        path = self.scratch.file("compose-mosquitto.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.start("broker", ["mosquitto", "-c", path])
        rig.wait_until(lambda: rig.connects(self.ports["broker"]), 20, "the broker of the stack")

    def bridge_environment(self):
        places = {"mosquitto:1883": f"127.0.0.1:{self.ports['broker']}",
                  "0.0.0.0:8080": f"127.0.0.1:{self.ports['bridge']}",
                  "0.0.0.0:9090": f"127.0.0.1:{self.ports['admin']}", "/run/bridge": self.folders["bridge"],
                  "/data": self.folders["data"], "172.30.80.2": "127.0.0.1"}
        for old, new in places.items():
            found = any(old in value for value in self.environment.values())
            expect(found, f"the environment of the bridge has no '{old}'")
            self.environment = {name: value.replace(old, new) for name, value in self.environment.items()}
        return os.environ | self.environment

    def start_gateway(self):
        text = read("compose/Caddyfile")
        local = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tservers {"
        for old, new in (("{\n\tservers {", local),
                         ("\nlocalhost {", f"\nhttps://localhost:{self.ports['gateway']} {{"),
                         ("bridge:8080", f"127.0.0.1:{self.ports['bridge']}")):
            expect(old in text, f"compose/Caddyfile has no '{old}'")
            text = text.replace(old, new)
        path = self.scratch.file("compose-Caddyfile")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        place = self.folders["gateway"]
        self.start("gateway", [Caddy.program(), "run", "--config", path, "--adapter", "caddyfile"],
                   os.environ | {"HOME": place, "XDG_DATA_HOME": place, "XDG_CONFIG_HOME": place})

    def request(self, method, path, body=None, **headers):
        context = ssl._create_unverified_context()  # the authority is Caddy's own, made at this start
        connection = http.client.HTTPSConnection("localhost", self.ports["gateway"], timeout=30, context=context)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.request("GET", "/history?topic=x", **{"X-API-Key": self.key})[0] == 200
        return False

    def close(self):
        for process in self.processes.values():
            process.kill()
            process.wait()


def compose(program, scratch):
    schema = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run([*schema, os.path.join(FOLDER, "compose.yaml")], capture_output=True, text=True, check=False)
    expect(checked.returncode == 0, f"compose.yaml is not of its schema: {checked.stdout}")
    stack = Stack(program, scratch)
    try:
        rig.wait_until(stack.answers, 30, "an answer of the bridge through the gateway of the stack")
        health = [program, "health", "--ready"]
        asked = subprocess.run(health, env=os.environ | stack.environment, capture_output=True, check=False)
        expect(asked.returncode == 0, "the health check fails")
        path = "/publish?topic=devices/device/x"
        expect(stack.request("POST", path, b"1")[0] == 401, "a publish without a credential was not refused")
        status, body = stack.request("POST", path, b"1", **{"X-API-Key": stack.key})
        expect(status == 200, f"a publish with the API key was answered {status} {body}")
        device = ["mosquitto_pub", "-p", str(stack.ports["broker"]), "-u", "device", "-P", stack.device]
        subprocess.run([*device, "-q", "1", "-m", "2", "-t", "devices/device/x"], check=True)
        refused = subprocess.run([*device, "-V", "mqttv5", "-q", "1", "-m", "2", "-t", "devices/other/x"],
                                 capture_output=True, text=True, check=False)
        expect("Not authorized" in refused.stderr, f"a device may publish for another one: {refused.stderr}")
        stack.processes["broker"].send_signal(signal.SIGTERM)
        stack.processes["broker"].wait(30)
        status, body = stack.request("POST", path + "&ack=stored", b"3", **{"X-API-Key": stack.key})
        expect(status == 202, f"a publish without a broker was answered {status} {body}")
        stack.start_broker()
        message = "/messages/" + json.loads(body)["id"]
        rig.wait_until(lambda: b'"acked"' in stack.request("GET", message, **{"X-API-Key": stack.key})[1],
                       60, "a stored publish at the broker")
    finally:
        stack.close()
    return "secrets, broker, bridge and gateway of compose.yaml work together"
