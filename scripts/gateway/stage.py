"""What every part of the gateway test stands on: a broker, bridges, and a gateway in front of them."""

import contextlib
import http.client
import json
import os
import ssl
import subprocess

import rig

# Another loopback address than that of the gateways, so that who asks can be told from who hands on.
CLIENT = "127.0.0.9"
FORGED = "203.0.113.7"


class Certificate:
    """A throw-away certificate for 127.0.0.1 and the names in the files."""

    def __init__(self, scratch):
        self.chain, self.key, self.both = (scratch.file(name) for name in ("chain.pem", "key.pem", "both.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=bridge.example", "-addext", "subjectAltName=DNS:bridge.example,IP:127.0.0.1",
             "-keyout", self.key, "-out", self.chain], check=True, capture_output=True)
        with open(self.both, "w", encoding="ascii") as both:
            for part in (self.chain, self.key):
                with open(part, encoding="ascii") as file:
                    both.write(file.read())
        os.chmod(self.key, 0o600)

    def context(self):
        return ssl.create_default_context(cafile=self.chain)


class Member(rig.Bridge):
    """One of several bridges: each has a loopback address of its own, and all have the same two ports."""

    def __init__(self, program, scratch, broker, number, ports, *flags):
        super().__init__(program, scratch, broker, "--access-log", "true", "--heartbeat", "5s",
                         "--record", "load/#", "--mqtt-tunnel", "true", *flags, data=scratch.file(f"data-{number}"))
        self.host = f"127.0.0.{10 + number}"
        self.port, self.admin_port = ports
        self.command[4] = f"{self.host}:{self.port}"
        self.command[6] = f"{self.host}:{self.admin_port}"
        self.number = number

    def launch(self):
        """Each life has a log of its own, and each bridge too."""
        self.starts += 1
        self.log = self.scratch.file(f"bridge-{self.number}.{self.starts}.{self.port}.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    def admin(self, method, path):
        """The status and the body of a request to the admin server."""
        connection = http.client.HTTPConnection(self.host, self.admin_port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def status(self):
        return json.loads(self.admin("GET", "/admin/status")[1])

    def is_ready(self):
        """Ready, and connected to the broker."""
        with contextlib.suppress(OSError):
            status = self.status()
            return status["ready"] and status["broker"]["state"] == "connected"
        return False

    def answers(self, route, code):
        """How many requests of a route were answered so, since it began."""
        wanted = ('bridge_http_requests_total{', f'route="{route}"', f'code="{code}"')
        lines = self.admin("GET", "/metrics")[1].split("\n")
        return sum(int(line.rsplit(" ", 1)[1]) for line in lines if all(part in line for part in wanted))

    def requests(self):
        """The lines of the access log of its present life, by the names of the requests."""
        found = {}
        with open(self.log, encoding="utf-8") as log:
            for line in log:
                if '"message":"request"' in line and line.endswith("\n"):
                    entry = json.loads(line)
                    found[entry["request"]] = entry
        return found


class Stage:
    """Two bridges that are ready, and a gateway."""

    def __init__(self, program, scratch, broker, certificate, kind, *, prefix="/", proxy_protocol=False):
        ports = rig.free_port(), rig.free_port()
        flags = ["--base-path", prefix, "--proxy-header", kind.header, "--trusted-proxies", "127.0.0.1"]
        if proxy_protocol:
            flags += ["--proxy-protocol", "true"]
        place = rig.Scratch()
        self.scratch = place.__enter__()
        self.members = [Member(program, self.scratch, broker, number, ports, *flags) for number in (1, 2)]
        self.broker, self.certificate, self.prefix = broker, certificate, prefix.rstrip("/")
        self.gateway = None
        try:
            for member in self.members:
                member.start()
            for member in self.members:
                rig.wait_until(member.is_ready, 30, "a bridge that is ready")
            self.gateway = kind(self.scratch, certificate, self.members, prefix, proxy_protocol).start()
        except BaseException:
            self.close()
            raise
        self.url = f"https://127.0.0.1:{self.gateway.port}{self.prefix}"
        try:
            rig.wait_until(self.is_through, 30, f"an answer of a bridge through {kind.name}")
        except BaseException:
            self.close()
            raise
        self.directs = [f"http://{member.host}:{member.port}{self.prefix}" for member in self.members]
        self.direct = self.directs[0]

    def is_through(self):
        """Whether a request through the gateway is answered by a bridge."""
        place = http.client.HTTPSConnection(
            "127.0.0.1", self.gateway.port, timeout=5, context=self.certificate.context())
        with contextlib.closing(place), contextlib.suppress(OSError, http.client.HTTPException):
            place.request("GET", f"{self.prefix}/history?topic=x")
            return place.getresponse().status == 200
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for part in [self.gateway, *self.members]:
            if part is not None:
                part.close()
        self.scratch.__exit__()

    def logged(self, request):
        """The line that a bridge wrote about the request with this name."""
        def find():
            return next((member.requests()[request] for member in self.members if request in member.requests()), None)
        return rig.wait_until(find, 10, f"a line about the request {request} in an access log")
