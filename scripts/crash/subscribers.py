"""Event streams over HTTP, which come back with their Last-Event-ID."""

import base64
import json
import socket
import threading
import time

import fanout
from crash import messages


class Gap:
    """A bridge.gap, between two places of the log."""

    def __init__(self, start, end, content):
        self.start, self.end, self.content = start, end, content
        self.missing = 0


class Subscriber(threading.Thread):
    """One subscriber, over all its connections.

    Manners: `eager` comes back at once; `eventsource` waits for as long as `retry:` says, and forgets half
    events, as browsers do; `query` names its last event in the URL; `slow` reads little at a time.
    """

    def __init__(self, stage, name, filters, qos, manner, rng, mean_life):
        super().__init__(name=name, daemon=True)
        self.stage, self.filters, self.qos, self.manner = stage, filters, qos, manner
        self.rng, self.mean_life = rng, mean_life
        self.received = messages.Received(stage.topics)
        self.gaps = []
        self.last_id, self.last_place = None, 0
        self.retry = 2.0
        self.has_opened = False
        self.opened = threading.Event()

    def wants(self, topic):
        return any(fanout.matches(text, topic) for text in self.filters)

    def run(self):
        while not self.stage.is_over.is_set():
            try:
                self.follow()
            except OSError:
                pass
            if not self.stage.is_over.is_set():
                self.stage.counts["streams ended"] += 1
                is_patient = self.manner == "eventsource" and not self.stage.is_calm.is_set()
                self.stage.is_over.wait(self.retry if is_patient else 0.05)

    def follow(self):
        """Reads one connection until it ends, or until this subscriber is tired of it."""
        end = time.monotonic() + self.rng.expovariate(1 / self.mean_life)
        connection = socket.socket()
        try:
            if self.manner == "slow":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            connection.settimeout(60)
            connection.connect(("127.0.0.1", self.stage.bridge.port))
            connection.sendall(self.request())
            pending = self.read_head(connection)
            connection.settimeout(0.5)
            while pending is not None and not self.stage.is_over.is_set():
                *blocks, pending = pending.split(b"\n\n")
                for block in blocks:
                    self.take(block)
                is_calm = self.stage.is_calm.is_set()
                if time.monotonic() > end and self.received.count and not is_calm:
                    self.stage.counts["streams left"] += 1
                    return
                is_slow = self.manner == "slow" and not is_calm
                if is_slow:
                    time.sleep(0.05)
                try:
                    data = connection.recv(4096 if is_slow else 1 << 16)
                except TimeoutError:
                    continue
                pending = pending + data if data else None
        finally:
            connection.close()

    def request(self):
        query = "&".join("topic=" + text.replace("#", "%23") for text in self.filters)
        header = ""
        if self.last_id and self.manner == "query":
            query += "&last_event_id=" + self.last_id
        elif self.last_id:
            header = f"Last-Event-ID: {self.last_id}\r\n"
        # An answer to HTTP/1.0 is not chunked, so that the events can be read as they are.
        return (f"GET /subscribe?{query}&qos={self.qos} HTTP/1.0\r\n"
                f"Host: crash\r\nAccept: text/event-stream\r\n{header}\r\n").encode()

    def read_head(self, connection):
        """Reads the header of the answer; returns what came behind it."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(1 << 16)
            if not more:
                return None
            data += more
        head, rest = data.split(b"\r\n\r\n", 1)
        self.has_opened = False
        if head[9:12] == b"200":
            return rest
        self.stage.counts["streams answered " + head[9:12].decode()] += 1
        if head[9:12] != b"503" or not self.stage.excuses_refusals():
            self.stage.violate(f"{self.name} was answered {head[:60]!r} {rest[:300]!r}")
            self.stage.is_over.wait(1)
        return None

    def take(self, block):
        """Takes one block of an event stream."""
        kind, event_id, data = "message", None, []
        for line in block.split(b"\n"):
            name, _, value = line.partition(b": ")
            if name == b"data":
                data.append(value)
            elif name == b"id":
                event_id = value.decode()
            elif name == b"event":
                kind = value.decode()
            elif name == b"retry":
                self.retry = int(value) / 1000
        if not data:
            return
        content = json.loads(b"\n".join(data))
        if kind == "message":
            self.take_message(event_id, content)
        elif kind == "bridge.gap":
            self.gaps.append(Gap(self.last_place, place(event_id), content))
            self.advance(event_id)
        elif kind == "bridge.open":
            self.has_opened = True
            self.opened.set()
            if any("reason_code" in item for item in content["subscriptions"]):
                self.stage.violate(f"{self.name} was refused a filter: {content}")
        elif kind != "bridge.close":
            self.stage.violate(f"{self.name} got {kind}: {content}")

    def take_message(self, event_id, content):
        if not self.has_opened:
            self.stage.violate(f"{self.name} got a message before bridge.open: {content}")
        payload = content["payload"].encode()
        if content.get("payload_encoding") == "base64":
            payload = base64.b64decode(payload, validate=True)
        if event_id and content.get("id") != event_id:
            self.stage.violate(f"{self.name}: the event {event_id} has the message {content.get('id')}")
        if event_id is None and self.stage.has_log:
            self.stage.violate(f"{self.name} got a message without an id: {content}")
        here = place(event_id)
        try:
            message = self.received.add(content["topic"], payload, here)
        except messages.Corrupted as fault:
            self.stage.violate(f"{self.name} got a corrupted message: {fault}")
            return
        if here:
            self.stage.places.note(here, event_id, message, self.name)
        self.advance(event_id)

    def advance(self, event_id):
        if event_id is None:
            return
        here = place(event_id)
        if here <= self.last_place:
            self.stage.violate(f"{self.name} got {event_id} after {self.last_id}")
        self.last_id, self.last_place = event_id, max(here, self.last_place)


def place(event_id):
    """The number of an event in the log: the middle of its id."""
    return int(event_id.split("-")[1]) if event_id else 0


class Places:
    """What every stream says about the same event: an id stands for one message, for ever."""

    def __init__(self, stage):
        self.stage = stage
        self.lock = threading.Lock()
        self.messages = []
        self.epochs = set()
        self.highest = 0

    def note(self, here, event_id, message, name):
        value = message[0] << 40 | message[1]
        with self.lock:
            self.epochs.add(event_id.split("-")[0])
            if here >= len(self.messages):
                self.messages.extend([None] * (here + 1000 - len(self.messages)))
            self.highest = max(self.highest, here)
            known = self.messages[here]
            self.messages[here] = value
            is_new_epoch = len(self.epochs) > 1
        if known is not None and known != value:
            self.stage.violate(f"{name}: the event {event_id} was another message before")
        if is_new_epoch:
            self.stage.violate(f"{name}: the log has changed its epoch: {sorted(self.epochs)}")
            self.epochs = {event_id.split("-")[0]}
