"""Bars 12 to 14: what the number of stored rows costs, and what an idle bridge costs."""

import os
import re
import signal
import socket
import statistics
import subprocess
import time

from bars import Bar
from processes import Failure, Process, free_port, program, wait_until
from servers import Bridge, Mosquitto


class Resume(Bar):
    number = 12
    title = "Resume with 1, 10,000 and 1,000,000 events in the log"
    method = ("Three bridges with logs of different lengths, filled through mosquitto. A client connects with the "
              "id of an event, and the time counts from its request to its first replayed event: from behind the "
              "oldest event, so that all others follow, and from behind the last but one. Each round takes the "
              "median of 30 tries, by turns.")
    lengths = (1, 10_000, 1_000_000)
    tries = 30

    def prepare(self, run):
        if run.is_quick:
            self.lengths = (1, 10_000, 100_000)
        folder = run.fresh_folder()
        self.broker = run.stack.enter_context(Mosquitto(folder))
        self.logs = []
        for length in self.lengths:
            bridge = run.stack.enter_context(Bridge(
                run.fresh_folder(), self.broker.port, "--record", f"log{length}/#"))
            self.fill(run, bridge, length)
            # One more than the events that can follow.
            ids = [first_event(bridge.port, length, position) for position in ("earliest", "newest")]
            self.logs.append((length, bridge, ids))

    def fill(self, run, bridge, length):
        left, sent = length + 1, 0
        while left > 0:
            count = min(left, 50_000)
            run.tools.client("filling the log", "mqblast", "pub", self.broker.port, count, "-q", 1, "-s", 128,
                             "-i", 1000, "-t", f"log{length}/t")
            left, sent = left - count, sent + count
            wait_until(lambda: bridge.metric("bridge_received_total") >= sent, 120, f"{sent} events", 0.05)
        wait_until(lambda: f"{count - 1:08x}" in first_event(bridge.port, length, "newest")[1], 60,
                   "the last event in the log", 0.1)

    def round(self, run):
        times = {}
        for place, position in ((1, "newest"), (0, "oldest")):
            for _ in range(self.tries):
                for length, bridge, ends in self.logs:
                    # The stream before it must not be on its way out still.
                    wait_until(lambda: bridge.health()["streams"]["open"] == 0, 20, "no open stream")
                    event, _ = ends[place]
                    times.setdefault(f"{length:,} events, from the {position}, ms", []).append(
                        time_to_first(bridge.port, length, event) * 1000)
        for name, values in times.items():
            run.note(name, statistics.median(values))

    def finish(self, result):
        for position in ("oldest", "newest"):
            few, many = (f"{length:,} events, from the {position}, ms"
                         for length in (self.lengths[0], self.lengths[-1]))
            result.ratio(f"from the {position}, {self.lengths[-1]:,} events beside 1", many, few, "≤", 2)


def request(port, length, query="", header=""):
    stream = socket.create_connection(("127.0.0.1", port), 20)
    stream.sendall(f"GET /subscribe?topic=log{length}/%23{query} HTTP/1.1\r\nHost: x\r\n"
                   f"Accept: text/event-stream\r\n{header}\r\n".encode())
    return stream


def read_event(stream):
    """What came up to the end of the first event with a payload."""
    data = b""
    while True:
        piece = stream.recv(1 << 16)
        if not piece:
            raise Failure(f"the stream ended: {data[-200:]!r}")
        data += piece
        if b"bridge.gap" in data:
            raise Failure(f"the stream has a gap: {data[-300:]!r}")
        at = data.find(b'"payload":')
        if at >= 0 and data.find(b"\n\n", at) >= 0:
            return data


def first_event(port, length, position):
    """The id and the payload of the oldest event, or of the last but one."""
    query = "&last_event_id=earliest" if position == "earliest" else "&rewind=2"
    with request(port, length, query) as stream:
        data = read_event(stream)
        while position == "newest" and data.count(b'"payload":') < 2:
            data += stream.recv(1 << 16)
    events = re.findall(rb'id: (\S+)\ndata: .*?"payload":"([^"]*)"', data)
    event, payload = events[0][0].decode(), events[-1][1].decode()
    return event, payload


def time_to_first(port, length, event):
    started = time.perf_counter()
    with request(port, length, header=f"Last-Event-ID: {event}\r\n") as stream:
        read_event(stream)
        return time.perf_counter() - started


class Start(Bar):
    number = 13
    title = "Start with 1,000,000 publishes in the outbox"
    method = ("The broker is away, and batches fill the outbox to 1,000,000 messages of 128 bytes. Then the bridge "
              "is started on that directory and on one with an empty outbox, by turns; the time counts from the "
              "start of the process to the first 200 of /healthz/ready, and memory is read a second later.")
    rows = 1_000_000

    def prepare(self, run):
        rows = self.wanted = run.scale(self.rows)
        self.flags = ("--queue-messages", "2000000", "--queue-bytes", "4GiB", "--drain-timeout", "1s")
        self.away = free_port()
        self.full, self.empty = run.path("full"), run.path("empty")
        with self.start(run, self.full) as bridge:
            while bridge.queue() < rows:
                run.tools.post("filling the outbox", bridge.port, "/publish/batch?ack=stored", 4, 2, "batch.lua")
        self.start(run, self.empty).end()

    def start(self, run, data):
        return Bridge(run.fresh_folder(), self.away, *self.flags, data=data, has_broker=False)

    def round(self, run):
        for name, data in (("empty", self.empty), ("full", self.full)):
            with self.start(run, data) as bridge:
                run.note(f"{name}, ms to ready", bridge.seconds_to_ready * 1000)
                time.sleep(1)
                run.note(f"{name}, MiB resident", bridge.resident_kib() / 1024)
                rows = bridge.queue()
                if data == self.full and rows < self.wanted:
                    raise Failure(f"only {rows} publishes are in the outbox")
        figures = run.result.figures
        run.note("beyond twice the empty start, ms",
                 figures["full, ms to ready"][-1] - 2 * figures["empty, ms to ready"][-1])
        run.note("more memory, MiB",
                 figures["full, MiB resident"][-1] - figures["empty, MiB resident"][-1])

    def finish(self, result):
        result.value("start beyond twice an empty one", "beyond twice the empty start, ms", "≤", 200, "ms")
        result.value("more resident memory", "more memory, MiB", "≤", 32, "MiB")


class Idle(Bar):
    number = 14
    title = "Idle bridge"
    method = ("Five starts in new directories, from the start of the process to the first 200 of /healthz/ready. "
              "Then, connected to mosquitto and with no stream, ten seconds in which the waits of its threads are "
              "counted, and ten more in which strace counts system calls. Timers tick once a second at most, so one "
              "wait of each thread in a second is the most that is not a fault.")
    starts = 5

    def round(self, run):
        with run.server(Mosquitto) as broker:
            times = []
            for _ in range(self.starts):
                with Bridge(run.fresh_folder(), broker.port, has_broker=False) as bridge:
                    times.append(bridge.seconds_to_ready * 1000)
            run.note("ms to ready", statistics.median(times))
        with run.bridge() as bridge:
            time.sleep(2)
            seconds = 3 if run.is_quick else 10
            before = bridge.wake_ups()
            time.sleep(seconds)
            run.note("waits a second, each thread", (bridge.wake_ups() - before) / seconds / bridge.threads())
            run.note("system calls a second", self.calls(run, bridge, seconds) / seconds)
            run.note("MiB resident", bridge.resident_kib() / 1024)

    def calls(self, run, bridge, seconds):
        folder = run.fresh_folder()
        table = os.path.join(folder, "calls")
        command = [program("strace"), "-c", "-f", "-o", table, "-p", bridge.pid]
        with Process(command, os.path.join(folder, "strace.log"), subprocess.DEVNULL) as trace:
            time.sleep(seconds)
            trace.check()
            trace.popen.send_signal(signal.SIGINT)
            trace.popen.wait(20)
        with open(table, encoding="utf-8") as file:
            found = re.search(r"^100\.00\s+\S+\s+(?:\S+\s+)?(\d+)\s+(?:\d+\s+)?total", file.read(), re.M)
        return int(found.group(1)) if found else 0

    def finish(self, result):
        result.value("start to ready", "ms to ready", "≤", 100, "ms")
        result.value("resident memory", "MiB resident", "≤", 20, "MiB")
        result.value("waits of a thread", "waits a second, each thread", "≤", 1, "a second")


BARS = [Resume(), Start(), Idle()]
