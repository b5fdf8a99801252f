#!/usr/bin/env python3
"""Fan-out: a thousand event streams with mixed filters, of which one in a hundred never reads.

Every stream that reads gets exactly the messages of its filters, each once and in the order in which
they were published. Those that never read ask for large messages as well, which they fall behind; the
memory of the bridge stays bounded nevertheless.
"""

import json
import random
import selectors
import socket
import time

import rig

TOPICS = [f"fan/{room}/{kind}" for room in range(10) for kind in ("temp", "hum", "cam/raw")]


def matches(pattern, topic):
    levels, names = pattern.split("/"), topic.split("/")
    for index, level in enumerate(levels):
        if level == "#":
            return True
        if index >= len(names) or level not in ("+", names[index]):
            return False
    return len(levels) == len(names)


def random_filters(rng, reads):
    if not reads:
        return ["fan/#", "bulk"]
    room = rng.randrange(10)
    return rng.choice([
        [f"fan/{room}/temp"],
        [f"fan/{room}/cam/raw"],
        ["fan/+/temp"],
        [f"fan/{room}/#"],
        ["fan/#"],
        ["fan/+/+/raw"],
        ["fan/#", f"fan/{room}/temp", "fan/+/hum"],
        [f"fan/{room}/+", f"fan/{room}/temp", f"fan/{room}/#"],
        [f"fan/{other}/hum" for other in range(10)],
        [f"fan/{room}/temp", f"fan/{(room + 1) % 10}/temp", "other/topic"],
    ])


class Subscriber:
    """A stream on a socket that does not block."""

    def __init__(self, port, filters, reads):
        self.filters, self.reads = filters, reads
        self.expected, self.received = [], 0
        self.pending = b""
        self.is_open = self.has_ended = False
        self.socket = socket.socket()
        if not reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        query = "&".join("topic=" + text.replace("#", "%23") for text in filters)
        # An answer to HTTP/1.0 is not chunked, so that the events can be read as they are.
        self.socket.sendall(f"GET /subscribe?{query} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        self.socket.setblocking(False)

    def ready(self):
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        if not data:
            self.has_ended = True
            return
        self.pending += data
        *blocks, self.pending = self.pending.split(b"\n\n")
        for block in blocks:
            if b"event: bridge.open" in block:
                self.is_open = True
            elif block.startswith(b"data: "):
                self.take(json.loads(block[6:]))
            elif b"event: bridge." in block:
                raise rig.Failure(f"the stream of {self.filters} got {block!r}")

    def take(self, message):
        number = int(message["payload"].split(" ", 1)[0])
        if self.received >= len(self.expected) or self.expected[self.received] != number:
            raise rig.Failure(
                f"the stream of {self.filters} got message {number} at position {self.received}, "
                f"expected {self.expected[self.received:self.received + 3]}")
        self.received += 1


def main():
    options = rig.arguments(
        __doc__.splitlines()[0], subscribers=(1000, "event streams"),
        messages=(500, "messages to publish"), bytes=(2000, "the size of a payload"),
        bulk=(200, "KiB of each large message, of which there is one for ten others"),
        growth=(256, "MiB that the bridge may grow by"),
        limit=(120, "seconds until everything must have arrived"))

    def body():
        with rig.Scratch() as scratch:
            broker = rig.Broker(scratch).start()
            bridge = rig.Bridge(options.bridge, scratch, broker, "--write-stall", "30m")
            try:
                bridge.start()
                return fan_out(options, bridge)
            finally:
                bridge.close()
                broker.close()

    rig.run("fanout", body)


def fan_out(options, bridge):
    rng = random.Random(options.seed)
    selector = selectors.DefaultSelector()

    def turn(wait=0.1):
        for key, _ in selector.select(wait):
            key.data.ready()

    before = bridge.resident_mebibytes()
    subscribers = []
    for index in range(options.subscribers):
        reads = index % 100 != 99
        subscriber = Subscriber(bridge.port, random_filters(rng, reads), reads)
        subscribers.append(subscriber)
        if reads:
            selector.register(subscriber.socket, selectors.EVENT_READ, subscriber)
        turn(0)
    readers = [subscriber for subscriber in subscribers if subscriber.reads]
    advance(turn, lambda: all(reader.is_open for reader in readers), options.limit, "open streams")
    # A stream that never reads is open once the bridge counts it.
    advance(turn, lambda: bridge.health()["streams"]["open"] == options.subscribers, options.limit,
            "all streams at the bridge")
    opened = bridge.resident_mebibytes()

    publisher = rig.Publisher(bridge.port)
    filler = "x" * options.bytes
    started = time.monotonic()
    for number in range(options.messages):
        topic = rng.choice(TOPICS)
        for reader in readers:
            if any(matches(text, topic) for text in reader.filters):
                reader.expected.append(number)
        status, body = publisher.publish(topic, f"{number} {filler}".encode(), 1)
        if status != 200:
            raise rig.Failure(f"a publish was answered {status}: {body[:300]!r}")
        if number % 10 == 0:
            publisher.publish("bulk", bytes(options.bulk << 10), 1)
        turn(0)
    advance(turn, lambda: all(reader.received == len(reader.expected) for reader in readers),
            options.limit, "all messages on all streams")
    elapsed = time.monotonic() - started
    if ended := [reader.filters for reader in readers if reader.has_ended]:
        raise rig.Failure(f"{len(ended)} streams ended, such as that of {ended[0]}")
    after, state = bridge.resident_mebibytes(), bridge.health()["streams"]
    events = sum(reader.received for reader in readers)
    print(f"resident {before:.0f} MiB, with streams {opened:.0f} MiB, afterwards {after:.0f} MiB; "
          f"{state}", flush=True)
    if state["behind"] == 0 and options.subscribers >= 100:
        raise rig.Failure("no stream is behind, although some never read")
    if after - before > options.growth:
        raise rig.Failure(f"the bridge grew by {after - before:.0f} MiB")
    for subscriber in subscribers:
        subscriber.socket.close()
    advance(turn_of_nothing, lambda: bridge.health()["streams"]["open"] == 0, options.limit,
            "no stream that is left")
    bridge.stop()
    return (f"{events} events on {len(readers)} of {options.subscribers} streams, "
            f"{events / elapsed:.0f} a second, memory +{after - before:.0f} MiB")


def turn_of_nothing():
    time.sleep(0.01)


def advance(turn, condition, limit, what):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise rig.Failure(f"after {limit} s there is still not: {what}")
        turn()


if __name__ == "__main__":
    main()
