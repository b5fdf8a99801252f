"""Bars 10 and 11: the MQTT client library."""

from bars import Bar
from servers import NullBroker

COUNTS = {"mqblast": (8_000_000, 800_000, 300_000), "mosqbench": (150_000, 50_000, 25_000),
          "pahobench": (40_000, 30_000, 15_000), "client-bench": (800_000, 300_000, 200_000),
          "blocking": (800_000, 300_000, 200_000)}
"""How many messages at QoS 0, 1 and 2 take a second or so."""
SHARES = (0.06, 0.30, 0.80)
AHEAD = (5, 6, 10)
COSTS = (2, 4, 5)
MANY = 65_535
NAMES = {"mqblast": "precomputed bytes", "mosqbench": "libmosquitto", "pahobench": "Paho C",
         "client-bench": "MQTTClient", "blocking": "MQTTConnection"}


class Throughput(Bar):
    number = 10
    title = "MQTT client: messages of 64 bytes, nullbroker"
    method = ("Each library publishes to nullbroker, which answers at once, and receives from it as fast as it "
              "takes. At most 100 messages of QoS 1 and 2 are in flight; MQTTClient once more with 65,535. The "
              "limit is mqblast, which sends precomputed bytes and counts answers. The bars are for MQTTClient; its "
              "blocking sister MQTTConnection, which needs no thread, stands beside it. Paho C stands beside for "
              "orientation, in the first round only.")

    def round(self, run):
        names = ["mqblast", "mosqbench", "client-bench", "blocking"]
        if not any("Paho C" in name for name in run.result.figures):
            names.append("pahobench")
        for qos in (0, 1, 2):
            for name in names:
                count = run.scale(COUNTS[name][qos])
                self.publish(run, name, qos, count, 100)
                self.receive(run, name, qos, count, 100)
            if qos > 0:
                count = run.scale(COUNTS["client-bench"][qos])
                self.publish(run, "client-bench", qos, count, MANY)
                self.receive(run, "client-bench", qos, count, MANY)

    def publish(self, run, name, qos, count, inflight):
        with run.server(NullBroker) as broker:
            figures = run.tools.client(
                label(name, "publish", qos, inflight), program(name), "pub", broker.port, count, "-q", qos,
                "-s", 64, "-i", inflight, *flags(name))
            self.note(run, label(name, "publish", qos, inflight), figures)

    def receive(self, run, name, qos, count, inflight):
        with run.server(NullBroker, "-B", count, "-s", 64, "-q", qos, "-w", inflight) as broker:
            ours = ("-i", inflight, *flags(name)) if program(name) == "client-bench" else ()
            figures = run.tools.client(
                label(name, "receive", qos, inflight), program(name), "sub", broker.port, count, "-q", qos,
                *ours)
            self.note(run, label(name, "receive", qos, inflight), figures)

    def note(self, run, name, figures):
        run.note(f"{name}, messages/s", figures["msgs_s"])
        run.note(f"{name}, CPU µs", figures["cpu_us_msg"])

    def finish(self, result):
        for qos in (0, 1, 2):
            for way in ("publish", "receive"):
                ours = label("client-bench", way, qos, 100)
                for name, limit in (("mqblast", SHARES[qos]), ("mosqbench", AHEAD[qos])):
                    result.ratio(f"{way}, QoS {qos}, beside {NAMES[name]}", f"{ours}, messages/s",
                                 f"{label(name, way, qos, 100)}, messages/s", "≥", limit)
                if qos > 0:
                    # The same within the noise of such runs.
                    result.ratio(f"{way}, QoS {qos}, 65,535 in flight beside 100",
                                 f"{label('client-bench', way, qos, MANY)}, messages/s",
                                 f"{ours}, messages/s", "≥", 0.95)
                result.value(f"{way}, QoS {qos}, processor time of a message", f"{ours}, CPU µs", "≤",
                             COSTS[qos], "µs")


def program(name):
    return "client-bench" if name == "blocking" else name


def flags(name):
    return ("-b",) if name == "blocking" else ()


def label(name, way, qos, inflight):
    many = f", {inflight:,} in flight" if qos > 0 and inflight > 100 else ""
    return f"{NAMES[name]}, {way}, QoS {qos}{many}"


class Connects(Bar):
    number = 11
    title = "MQTT client: connections one after the other"
    method = ("TCP, CONNECT, CONNACK and DISCONNECT, again and again, at nullbroker. Libraries that drive the "
              "network in the caller's thread are beside each other (MQTTConnection, mosquitto_loop), and those "
              "with a thread of their own (MQTTClient, mosquitto_loop_start).")

    def round(self, run):
        count = run.scale(3000)
        for name, program, flags in (
                ("libmosquitto", "mosqbench", ()), ("MQTTConnection", "client-bench", ("-b",)),
                ("libmosquitto with a thread", "mosqbench", ("-T",)), ("MQTTClient", "client-bench", ())):
            with run.server(NullBroker) as broker:
                figures = run.tools.client(name, program, "conn", broker.port, count, *flags)
                run.note(f"{name}, connections/s", figures["connects_s"])

    def finish(self, result):
        result.ratio("MQTTConnection beside libmosquitto", "MQTTConnection, connections/s",
                     "libmosquitto, connections/s", "≥", 1)
        result.ratio("MQTTClient beside libmosquitto with a thread", "MQTTClient, connections/s",
                     "libmosquitto with a thread, connections/s", "≥", 1)


BARS = [Throughput(), Connects()]
