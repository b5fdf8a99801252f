"""Streams and publishers that go through the gateway of the cluster, or to one bridge."""

import contextlib
import http.client
import json
import threading
import time

import rig


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


class Stream(threading.Thread):
    """One event stream, whose messages are collected until it ends or is closed."""

    def __init__(self, port, query, last=None):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=None)
        self.connection.request("GET", f"/subscribe?{query}", headers={"Last-Event-ID": last} if last else {})
        # The connection lets go of it when the answer has no length.
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        if self.answer.status != 200:
            raise rig.Failure(f"a stream was answered {self.answer.status} {self.answer.read().decode()[:300]}")
        self.messages, self.ids, self.qos, self.opened, self.gaps = [], [], [], None, []
        self.start()
        rig.wait_until(lambda: self.opened, 30, "a stream that is open")

    def run(self):
        kind, number, lines = "message", None, []
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException, AttributeError):
            for line in self.answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    number = value
                elif name == "data":
                    lines.append(value)
                elif not name and lines:
                    self.take(kind, number, json.loads("\n".join(lines)))
                    kind, number, lines = "message", None, []

    def take(self, kind, number, data):
        if kind == "message":
            self.ids.append(number)
            self.messages.append(data["payload"])
            self.qos.append(data["qos"])
        elif kind == "bridge.open":
            self.opened = data
        elif kind == "bridge.gap":
            self.gaps.append(data)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(2)
        self.join(10)


class Load(threading.Thread):
    """Publishes with QoS 1 through the gateway, and remembers what was promised.

    A connection that breaks says nothing of the message, so the same one is published again, as clients do. A 503 says
    that it was not kept.
    """

    def __init__(self, port, number, stopped):
        super().__init__(daemon=True)
        self.port, self.number, self.stopped = port, number, stopped
        self.promised, self.attempts, self.problems, self.refused = [], 0, [], 0

    def run(self):
        publisher = rig.Publisher(self.port)
        count = 0
        while not self.stopped.is_set():
            payload = f"load-{self.number}-{count}"
            if self.publish(publisher, payload):
                self.promised.append(payload)
            count += 1

    def publish(self, publisher, payload):
        for _ in range(200):
            self.attempts += 1
            try:
                status, body = publisher.publish(f"c/load/{self.number}", payload.encode(), 1)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            if status in (200, 202):
                return True
            if status in (502, 503, 504):
                self.refused += 1
                time.sleep(0.02)
                continue
            self.problems.append(f"{status} {body[:200]}")
            return False
        self.problems.append("200 attempts were in vain")
        return False
