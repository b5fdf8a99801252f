"""RabbitMQ with its MQTT plug-in: one node, or three that are a cluster, with a name service of their own."""

import base64
import os
import urllib.request

import rig

from cluster.nodes import Process, program

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
HINT = "there is no rabbitmq-server (Debian: apt-get install rabbitmq-server)"

# Quorum queues keep the QoS 1 messages of a session on two nodes of three at least; the default keeps them on one.
CONFIGURATION = """
mqtt.listeners.tcp.1 = 127.0.0.1:{mqtt}
mqtt.allow_anonymous = true
mqtt.default_user = guest
mqtt.default_pass = guest
mqtt.subscription_ttl = 86400000
mqtt.prefetch = 1000
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
disk_free_limit.absolute = 50MB
log.console = false
"""
CLUSTER = """
mqtt.durable_queue_type = quorum
cluster_formation.peer_discovery_backend = classic_config
cluster_partition_handling = pause_minority
"""


def is_installed():
    return os.path.exists(SERVER)


class Rabbits:
    """So many nodes, whose names are asked of an epmd that nobody else uses."""

    # A node keeps those that were published at it.
    SHARES_RETAINED = False

    def __init__(self, scratch, count=3):
        indices = range(count)
        self.names = [f"r{index}-{rig.free_port()}@localhost" for index in indices]
        self.ports = [rig.free_port() for _ in indices]
        self.monitors = [rig.free_port() for _ in indices]
        self.epmd_port = rig.free_port()
        # Without this the nodes would start one that stays behind, and that all of the network reaches.
        self.epmd = Process(scratch, "epmd", [program("epmd", "Debian: erlang-base"), "-port", str(self.epmd_port),
                                              "-address", "127.0.0.1"])
        self.all = [self.node(scratch, index, count) for index in indices]

    def node(self, scratch, index, count):
        folder = scratch.file(f"rabbit-{index}")
        os.makedirs(folder)

        def path(name, text=None):
            if text is not None:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            return os.path.join(folder, name)

        text = CONFIGURATION.format(mqtt=self.ports[index], management=self.monitors[index])
        if count > 1:
            text += CLUSTER + "".join(f"cluster_formation.classic_config.nodes.{number} = {name}\n"
                                      for number, name in enumerate(self.names, 1))
        # HOME has the cookie that the nodes know each other by.
        places = {"HOME": scratch.path, "RABBITMQ_NODENAME": self.names[index], "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                  "RABBITMQ_NODE_PORT": str(rig.free_port()), "RABBITMQ_DIST_PORT": str(rig.free_port()),
                  "RABBITMQ_MNESIA_BASE": path("mnesia"), "RABBITMQ_LOG_BASE": path("log"),
                  "RABBITMQ_ENABLED_PLUGINS_FILE": path("plugins", "[rabbitmq_mqtt,rabbitmq_management].\n"),
                  "RABBITMQ_CONFIG_FILE": path("rabbit.conf", text).removesuffix(".conf"),
                  "RABBITMQ_CONF_ENV_FILE": path("env", ""), "RABBITMQ_PID_FILE": path("pid"),
                  "ERL_EPMD_PORT": str(self.epmd_port),
                  "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}"}
        return Process(scratch, f"r{index}", ["env", *(f"{name}={value}" for name, value in places.items()), SERVER])

    def start(self):
        self.epmd.start()
        rig.wait_until(lambda: rig.connects(self.epmd_port), 20, "epmd")
        # The first makes the cluster and its cookie, the others join it.
        for group in ([0], range(1, len(self.all))):
            for index in group:
                self.all[index].start()
            for index in group:
                rig.wait_until(lambda: rig.connects(self.ports[index]), 300, f"a RabbitMQ with MQTT: {self.all[index].name}")
        rig.wait_until(self.are_well, 60, "a cluster of RabbitMQ")
        return self

    def restart(self, index):
        self.all[index].kill()
        self.all[index].start()
        rig.wait_until(lambda: rig.connects(self.ports[index]), 300, "a RabbitMQ that is back")

    def are_well(self):
        return all(map(self.is_well, range(len(self.all))))

    def is_well(self, index):
        """Whether a node is there, and no queue would lose its majority with another one."""
        return rig.connects(self.ports[index]) and self.asks(index, "health/checks/node-is-quorum-critical")

    def asks(self, index, path):
        credentials = base64.b64encode(b"guest:guest").decode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.monitors[index]}/api/{path}",
                                         headers={"Authorization": f"Basic {credentials}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    def close(self):
        for node in self.all:
            node.close()
        self.epmd.close()
