"""The gateways of deploy/gateways, started with the files that are there.

Only addresses, paths and times are substituted, and each substitution must find what it replaces.
"""

import os
import shutil
import subprocess
import sys

import rig

FOLDER = os.path.join(rig.ROOT, "deploy", "gateways")
# Silence after which every gateway cuts in this test: more than the heartbeat of the bridges, which is 5 s.
IDLE = "8s"


class Gateway:
    """One gateway in front of some bridges, on a port of 127.0.0.1."""

    name = ""
    file = ""
    programs = ()
    header = "X-Forwarded-For"
    asks_health = True
    can_proxy_protocol = True
    # It must be there; the others are played where they are.
    is_needed = True
    cuts_silence = True

    def __init__(self, scratch, certificate, bridges, prefix="/", proxy_protocol=False):
        self.port = rig.free_port()
        self.scratch, self.certificate = scratch, certificate
        self.folder = scratch.file(f"{self.name}-{self.port}")
        os.makedirs(self.folder)
        with open(os.path.join(FOLDER, self.file), encoding="utf-8") as file:
            self.text = file.read()
        if self.cuts_silence:
            self.replace("75s", IDLE)
        self.name_bridges(bridges)
        self.substitute(bridges)
        if prefix != "/":
            self.set_prefix(prefix)
        if proxy_protocol:
            self.set_proxy_protocol()
        self.path = os.path.join(self.folder, os.path.basename(self.file))
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.text)

    def name_bridges(self, bridges):
        for number, bridge in enumerate(bridges, 1):
            self.replace(f"bridge-{number}:8080", f"{bridge.host}:{bridge.port}")

    @classmethod
    def program(cls):
        """Where the program is, also among the tools of Python; None without one."""
        places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin",
                                  os.path.join(sys.prefix, "bin")])
        return next((path for name in cls.programs if (path := shutil.which(name, path=places))), None)

    def replace(self, old, new):
        if old not in self.text:
            raise rig.Failure(f"{self.file} has no '{old}'")
        self.text = self.text.replace(old, new)

    def start(self):
        self.log = os.path.join(self.folder, "log")
        environment = os.environ | {"HOME": self.folder, "XDG_DATA_HOME": self.folder, "XDG_CONFIG_HOME": self.folder}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.folder, env=environment)
        rig.wait_until(self.has_started, 30, f"{self.name} that accepts connections")
        return self

    def has_started(self):
        if self.process.poll() is not None:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise rig.Failure(f"{self.name} ended with {self.process.returncode}: {log.read()[-1500:]}")
        return rig.connects(self.port)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Nginx(Gateway):
    name, file, programs = "nginx", "nginx/mqtt-bridge.conf", ("nginx",)
    asks_health = False
    can_proxy_protocol = False  # towards HTTP servers it has none

    def substitute(self, bridges):
        self.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
        self.replace("/etc/nginx/tls/chain.pem", self.certificate.chain)
        self.replace("/etc/nginx/tls/key.pem", self.certificate.key)

    def set_prefix(self, prefix):
        self.replace("    location / {", f"    location {prefix}/ {{")

    def command(self):
        main = os.path.join(self.folder, "nginx.conf")
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;\n" if os.geteuid() == 0 else ""
        with open(main, "w", encoding="utf-8") as file:
            file.write(f"{user}daemon off;\nworker_processes 2;\npid {self.folder}/pid;\nerror_log stderr;\n"
                       f"events {{ worker_connections 1024; }}\n"
                       f"http {{\naccess_log off;\n{temporary}include {self.path};\n}}\n")
        return [self.program(), "-e", "stderr", "-p", self.folder, "-c", main]


class HAProxy(Gateway):
    name, file, programs = "haproxy", "haproxy/haproxy.cfg", ("haproxy",)
    header = "Forwarded"

    def substitute(self, bridges):
        self.replace("bind :443", f"bind 127.0.0.1:{self.port}")
        self.replace("/etc/haproxy/tls/bridge.pem", self.certificate.both)
        self.replace("stats socket /run/haproxy/admin.sock mode 660", f"stats socket {self.folder}/admin mode 600")
        self.replace("check port 9090", f"check port {bridges[0].admin_port}")

    def set_prefix(self, prefix):
        self.replace("    default_backend mqtt_bridge", f"    use_backend mqtt_bridge if {{ path_beg {prefix}/ }}")

    def set_proxy_protocol(self):
        self.replace("default-server check", "default-server send-proxy-v2 check")
        self.text = "\n".join(line for line in self.text.split("\n") if "set-header Forwarded" not in line)

    def command(self):
        return [self.program(), "-db", "-f", self.path]


class Caddy(Gateway):
    name, file, programs = "caddy", "caddy/Caddyfile", ("caddy",)

    def substitute(self, bridges):
        self.replace("{\n\tservers {", "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {")
        self.replace("\nbridge.example {", f"\nhttps://127.0.0.1:{self.port} {{")
        self.replace("/etc/caddy/tls/chain.pem", self.certificate.chain)
        self.replace("/etc/caddy/tls/key.pem", self.certificate.key)
        self.replace("health_port 9090", f"health_port {bridges[0].admin_port}")

    def set_prefix(self, prefix):
        self.replace("\thandle {", f"\thandle {prefix}/* {{")

    def set_proxy_protocol(self):
        self.replace("\t\t\ttransport http {", "\t\t\ttransport http {\n\t\t\t\tproxy_protocol v2")
        self.text = "\n".join(line for line in self.text.split("\n") if not line.strip().startswith("health_"))

    def command(self):
        return [self.program(), "run", "--config", self.path, "--adapter", "caddyfile"]


class Traefik(Gateway):
    name, file, programs = "traefik", "traefik/mqtt-bridge.yaml", ("traefik",)
    is_needed = False
    can_proxy_protocol = False
    cuts_silence = False

    def substitute(self, bridges):
        self.replace("port: 9090", f"port: {bridges[0].admin_port}")
        self.replace("/etc/traefik/tls/chain.pem", self.certificate.chain)
        self.replace("/etc/traefik/tls/key.pem", self.certificate.key)

    def set_prefix(self, prefix):
        self.replace('rule: "PathPrefix(`/`)"', f'rule: "PathPrefix(`{prefix}/`)"')

    def command(self):
        with open(os.path.join(FOLDER, "traefik", "traefik.yaml"), encoding="utf-8") as file:
            routes, self.text = self.text, file.read()
        self.replace(":443", f"127.0.0.1:{self.port}")
        self.replace("/etc/traefik/mqtt-bridge.yaml", self.path)
        static, self.text = self.text, routes
        main = os.path.join(self.folder, "traefik.yaml")
        with open(main, "w", encoding="utf-8") as file:
            file.write(static)
        return [self.program(), f"--configFile={main}"]


class Envoy(Gateway):
    name, file, programs = "envoy", "envoy/envoy.yaml", ("envoy",)
    is_needed = False
    can_proxy_protocol = False

    def name_bridges(self, bridges):
        for number, bridge in enumerate(bridges, 1):
            self.replace(f"address: bridge-{number}, port_value: 8080",
                         f"address: {bridge.host}, port_value: {bridge.port}")

    def substitute(self, bridges):
        self.replace("address: 0.0.0.0, port_value: 443", f"address: 127.0.0.1, port_value: {self.port}")
        self.replace("port_value: 9090", f"port_value: {bridges[0].admin_port}")
        self.replace("/etc/envoy/tls/chain.pem", self.certificate.chain)
        self.replace("/etc/envoy/tls/key.pem", self.certificate.key)

    def set_prefix(self, prefix):
        self.replace('match: {prefix: "/"}', f'match: {{prefix: "{prefix}/"}}')

    def command(self):
        return [self.program(), "--disable-hot-restart", "--concurrency", "2", "-c", self.path, "-l", "warning"]


ALL = (Nginx, HAProxy, Caddy, Traefik, Envoy)
