"""Bars 6 to 9: publishing over HTTP."""

import os
import subprocess
import time

from bars import Bar
from processes import Failure, Process, load_program, wait_until
from servers import BarePost

STORED = "/publish?topic=bench/0&qos=1&ack=stored"
BROKER = "/publish?topic=bench/0&qos=1&ack=broker"
BATCH = "/publish/batch?ack=stored"


def publish(run, name, bridge, path, connections, qos, script="publish.lua", each=1):
    """Publishes for the time of a round, waits until nothing is left, and compares what the broker got."""
    figures = run.tools.post(name, bridge.port, path, connections, run.seconds, script)
    sent = figures["requests"] * each
    bridge.expect_nothing_left()
    # wrk ends in the middle of requests, which are published and not counted.
    outcome = "sent" if qos == 0 else "acked"
    done = settled(lambda: bridge.published(qos, outcome))
    if done < sent:
        raise Failure(f"{name}: {sent} publishes were answered, and {done} ended as {outcome}")
    under_way = connections * each
    if done > sent + under_way:
        raise Failure(f"{name}: {done} publishes ended as {outcome}, but only {sent} were asked for")
    if hasattr(bridge.upstream, "received"):
        bridge.end()
        got = bridge.upstream.received()[qos]
        if got != done:
            raise Failure(f"{name}: the broker got {got} messages, and {done} ended as {outcome}")
    run.note(f"{name}, messages/s", figures["rate"] * each)
    run.note(f"{name}, p50 ms", figures["p50_us"] / 1000)
    run.note(f"{name}, p99 ms", figures["p99_us"] / 1000)
    return figures


def settled(read):
    """What a counter says that has not moved for a second."""
    last, since = read(), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.1)
        if read() != last:
            last, since = read(), time.monotonic()
    return last


def bare(run, name, connections, *flags):
    with run.server(BarePost, *flags) as server:
        figures = run.tools.post(name, server.port, "/", connections, run.seconds)
        run.note(f"{name}, requests/s", figures["rate"])


class AtMostOnce(Bar):
    number = 6
    title = "POST /publish, QoS 0, 64 connections"
    method = ("wrk keeps 64 connections busy with POST of 128 bytes. The bridge hands each message to its broker "
              "connection before it answers; the broker is nullbroker, whose count must be that of the bridge. "
              "Beside it libmicrohttpd answers 202 and does nothing else.")

    def round(self, run):
        bare(run, "bare libmicrohttpd", 64)
        with run.bridge_and_null_broker() as bridge:
            publish(run, "bridge", bridge, "/publish?topic=bench/0&qos=0", 64, 0)

    def finish(self, result):
        result.ratio("beside bare libmicrohttpd", "bridge, messages/s", "bare libmicrohttpd, requests/s",
                     "≥", 0.6)


class Stored(Bar):
    number = 7
    title = "POST /publish, QoS 1, ack=stored, 256 connections"
    method = ("As bar 6 with 256 connections; the answer comes when the message is synced to disk "
              "(synchronous=FULL, on the disk of the build folder). Afterwards the bridge must have delivered all "
              "of them to nullbroker. Beside it libmicrohttpd parks and resumes each request and writes nothing, "
              "and SQLite alone inserts and deletes 256 rows by turns. Then once more with 10,000 idle event "
              "streams open.")
    streams = 10_000

    def round(self, run):
        bare(run, "bare libmicrohttpd, parking", 256, "-a")
        run.note("SQLite alone, rows/s", run.tools.durable("SQLite alone", run.seconds, 256)["rows_s"])
        with run.bridge_and_null_broker() as bridge:
            publish(run, "bridge", bridge, STORED, 256, 1)
        with run.bridge_and_null_broker() as bridge, idle_streams(run, bridge, self.streams):
            publish(run, f"bridge beside {self.streams:,} streams", bridge, STORED, 256, 1)

    def finish(self, result):
        result.ratio("beside bare libmicrohttpd that parks", "bridge, messages/s",
                     "bare libmicrohttpd, parking, requests/s", "≥", 0.6)
        result.ratio(f"with {self.streams:,} idle streams, beside itself",
                     f"bridge beside {self.streams:,} streams, messages/s", "bridge, messages/s", "≥", 0.9)


class idle_streams:
    """ssebench in the background: streams of a topic that nobody publishes to."""

    def __init__(self, run, bridge, count):
        self.bridge, self.count = bridge, count
        command = [load_program("ssebench"), "-p", bridge.port, "-u", "/subscribe?topic=quiet", "-n", count,
                   "-d", 0, "-Z", 600, "-O", "bridge.open"]
        self.process = Process(command, os.path.join(run.fresh_folder(), "idle.log"), subprocess.DEVNULL)

    def __enter__(self):
        def is_open():
            self.process.check()
            return self.bridge.health()["streams"]["open"] >= self.count
        try:
            wait_until(is_open, 60, f"{self.count} open streams", 0.1)
        except BaseException:
            self.process.end()
            raise

    def __exit__(self, *_):
        self.process.end()


class Acknowledged(Bar):
    number = 8
    title = "POST /publish, QoS 1, ack=broker, 256 connections, mosquitto"
    method = ("As bar 7, but the answer comes when mosquitto, which shares the cores, has acknowledged the message. "
              "The time to beat is that of its parts: SQLite's commit of as many rows as there are connections, and "
              "mosquitto's round trip with as many messages under way, both measured alone in the same round, and a "
              "millisecond. That is done with 256 connections and with one.")

    def round(self, run):
        with run.bridge_and_null_broker() as bridge:
            publish(run, "stored", bridge, STORED, 256, 1)
        for connections in (256, 1):
            suffix = "" if connections == 256 else ", one connection"
            with run.bridge() as bridge:
                figures = publish(run, f"bridge{suffix}", bridge, BROKER, connections, 1)
                trip = run.tools.client(
                    f"mosquitto alone{suffix}", "mqblast", "pub", bridge.upstream.port,
                    run.scale(100_000 if connections > 1 else 10_000), "-q", 1, "-s", 128, "-i", connections)
            commit = run.tools.durable(f"SQLite alone{suffix}", min(run.seconds, 2), connections)
            parts = commit["ins_commit_p50us"] / 1000 + connections / trip["msgs_s"] * 1000
            run.note(f"commit and round trip{suffix}, ms", parts)
            run.note(f"beyond its parts{suffix}, ms", figures["p50_us"] / 1000 - parts)

    def finish(self, result):
        result.ratio("beside ack=stored", "bridge, messages/s", "stored, messages/s", "≥", 0.5)
        result.value("p50 beyond commit and round trip", "beyond its parts, ms", "≤", 1, "ms")
        result.value("the same with one connection", "beyond its parts, one connection, ms", "≤", 1, "ms")


class Batches(Bar):
    number = 9
    title = "POST /publish/batch, 1,000 messages of QoS 1 in each"
    method = ("wrk sends batches of 1,000 lines of NDJSON on 4 connections; the answer comes when all are synced to "
              "disk. Afterwards the bridge must have delivered all of them to nullbroker. Beside it bar 7.")

    def round(self, run):
        with run.bridge_and_null_broker() as bridge:
            publish(run, "one by one", bridge, STORED, 256, 1)
        with run.bridge_and_null_broker() as bridge:
            publish(run, "batches", bridge, BATCH, 4, 1, "batch.lua", each=1000)

    def finish(self, result):
        result.value("durable messages", "batches, messages/s", "≥", 60_000, "messages/s")
        result.ratio("beside one by one", "batches, messages/s", "one by one, messages/s", "≥", 3)


BARS = [AtMostOnce(), Stored(), Acknowledged(), Batches()]
