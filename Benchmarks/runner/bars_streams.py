"""Bars 1 to 5: event streams."""

import contextlib
import http.client
import socket

from bars import Bar
from processes import Failure, wait_until
from servers import DetachedSSE, Nchan, RawSSE

OPEN = ("-O", "bridge.open")
"""A stream of the bridge is open when this has come on it."""


class Broadcast(Bar):
    number = 1
    title = "Broadcast to 1,000 streams, closed loop of 2 messages"
    method = ("One receiver with 1,000 SSE streams of one topic; a publisher keeps 2 messages under way. Into the "
              "bridge they come as QoS 0 over MQTT through mosquitto, and history is on, so that each is on disk "
              "before it is delivered. nchan gets them by HTTP and keeps its last 1,000 in memory; the plain epoll "
              "program gets lines, keeps nothing, has no broker, and sends each delivery by one system call.")
    window = 2

    def round(self, run):
        flags = ("-w", self.window)
        with run.server(RawSSE) as server:
            note(run, "plain epoll", run.tools.streams("plain epoll", server, 1000, run.seconds, *flags))
        if self.number == 1:
            with run.server(Nchan) as server:
                note(run, "nchan", run.tools.streams("nchan", server, 1000, run.seconds, *flags))
        with run.bridge() as bridge:
            note(run, "bridge", run.tools.streams("bridge", bridge, 1000, run.seconds, *flags, *OPEN))
            bridge.expect_no_gap()

    def finish(self, result):
        result.ratio("deliveries/s beside the plain epoll program", "bridge deliveries/s",
                     "plain epoll deliveries/s", "≥", 1.1)
        result.ratio("deliveries/s beside nchan", "bridge deliveries/s", "nchan deliveries/s", "≥", 1.6)


class Pipelined(Broadcast):
    number = 2
    title = "Broadcast to 1,000 streams, 64 messages outstanding"
    method = "As bar 1, with 64 messages under way; the streams of the bridge batch what waits by themselves."
    window = 64

    def finish(self, result):
        result.ratio("deliveries/s beside the plain epoll program", "bridge deliveries/s",
                     "plain epoll deliveries/s", "≥", 4)


def note(run, name, figures):
    run.note(f"{name} deliveries/s", figures["deliv_s"])
    run.note(f"{name} p99 ms", figures["p99us"] / 1000)


class OneOfMany(Bar):
    number = 3
    title = "One of 10,000 streams per message"
    method = ("10,000 SSE streams, each of a topic of its own; each message is for one of them, 512 are under way. "
              "The bridge gets them over MQTT through mosquitto, which shares the cores; the C program with "
              "detached sockets gets lines and has no broker. The same with 100 streams shows what the number of "
              "streams costs.")
    window = 512

    def round(self, run):
        flags = ("-w", self.window)
        with run.server(DetachedSSE) as server:
            run.note("detached sockets in C, messages/s", run.tools.streams(
                "detached sockets in C", server, 10_000, run.seconds, *flags, topics=10_000)["deliv_s"])
        for count in (10_000, 100):
            with run.bridge() as bridge:
                run.note(f"bridge with {count:,} streams, messages/s", run.tools.streams(
                    f"bridge with {count:,} streams", bridge, count, run.seconds, *flags, *OPEN,
                    topics=count)["deliv_s"])
                bridge.expect_no_gap()

    def finish(self, result):
        ours = "bridge with 10,000 streams, messages/s"
        result.ratio("beside detached sockets in C", ours, "detached sockets in C, messages/s", "≥", 0.5)
        result.ratio("beside itself at 100 streams", ours, "bridge with 100 streams, messages/s", "≥", 0.6)


class Latency(Bar):
    number = 4
    title = "Latency at half the maximum rate, 1 % of the streams stalled"
    method = ("990 SSE streams that read, and 10 that are full and never read. Messages come on a fixed schedule, "
              "at half of the smaller one of the two closed-loop maxima of bar 1, the same for both programs; "
              "latency counts from the scheduled time of the publish to the last byte of the event. The bridge is "
              "measured without the stalled ones too.")
    reading, stalled = 990, 10

    def prepare(self, run):
        maxima = []
        with run.server(RawSSE) as server:
            maxima.append(run.tools.streams("maximum, plain epoll", server, 1000, run.seconds, "-w", 2))
        with run.bridge() as bridge:
            maxima.append(run.tools.streams("maximum, bridge", bridge, 1000, run.seconds, "-w", 2, *OPEN))
        self.rate = max(1, round(min(figures["msgs_s"] for figures in maxima) / 2))

    def round(self, run):
        run.note("messages/s", self.rate)
        flags = ("-r", self.rate)

        def measure(name, server, *more):
            figures = run.tools.streams(name, server, self.reading, run.seconds, *flags, *more)
            run.note(f"{name}, p99 ms", figures["p99us"] / 1000)
            run.note(f"{name}, p50 ms", figures["p50us"] / 1000)

        with run.server(RawSSE) as server, stalled_streams(server, self.stalled, "/sse/0", "/pub/0"):
            measure("plain epoll", server)
        with run.bridge("--write-stall", "30m") as bridge:
            measure("bridge, none stalled", bridge, *OPEN)
            bridge.expect_no_gap()
        with run.bridge("--write-stall", "30m") as bridge:
            path = "/publish?topic=bench/0&qos=0"
            with stalled_streams(bridge, self.stalled, "/subscribe?topic=bench/0", path):
                wait_until(lambda: bridge.health()["streams"]["behind"] == self.stalled, 20,
                           "streams that are behind")
                measure("bridge, 1 % stalled", bridge, *OPEN)
                if bridge.health()["streams"]["behind"] < self.stalled:
                    raise Failure("the stalled streams did not stay stalled")

    def finish(self, result):
        ours = "bridge, 1 % stalled, p99 ms"
        result.ratio("p99 beside the plain epoll program", ours, "plain epoll, p99 ms", "≤", 1.5)
        result.ratio("p99 beside itself without stalled streams", ours, "bridge, none stalled, p99 ms",
                     "≤", 1.1)


@contextlib.contextmanager
def stalled_streams(server, count, path, publish):
    """Streams that never read, and that are full already."""
    sockets = []
    try:
        for _ in range(count):
            stream = socket.socket()
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stream.connect(("127.0.0.1", server.port))
            sockets.append(stream)
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode())
            stream.recv(64, socket.MSG_PEEK)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        body = b"x" * 8000
        for _ in range(1500):
            connection.request("POST", publish, body, {"Content-Type": "application/octet-stream"})
            response = connection.getresponse()
            response.read()
            if response.status >= 300:
                raise Failure(f"filling the stalled streams was answered {response.status}")
        connection.close()
        yield
    finally:
        for stream in sockets:
            stream.close()


class Memory(Bar):
    number = 5
    title = "Memory of an idle stream, 10,000 of them"
    method = ("Resident memory of the server before and after 10,000 SSE streams were opened that get nothing, "
              "divided by their number. All are of one topic; the figure of streams with a topic each stands beside "
              "it.")
    count = 10_000

    def round(self, run):
        for name, kind in (("plain epoll", RawSSE), ("detached sockets in C", DetachedSSE), ("nchan", Nchan)):
            with run.server(kind) as server:
                self.measure(run, name, server)
        for name, topics in (("bridge", 1), ("bridge, a topic each", self.count)):
            with run.bridge() as bridge:
                self.measure(run, name, bridge, *OPEN, topics=topics)

    def measure(self, run, name, server, *flags, topics=1):
        figures = run.tools.streams(name, server, self.count, 0, *flags, topics=topics)
        run.note(f"{name}, KiB per stream", figures["rss_per_conn_kb"])

    def finish(self, result):
        result.value("resident memory per stream", "bridge, KiB per stream", "≤", 2, "KiB")


BARS = [Broadcast(), Pipelined(), OneOfMany(), Latency(), Memory()]
