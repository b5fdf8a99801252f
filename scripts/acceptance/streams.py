"""A reader of event streams for the acceptance scripts."""

import http.client
import json
import threading

import rig


class Stream(threading.Thread):
    """One event stream that is read until it ends."""

    def __init__(self, port, query):
        super().__init__(daemon=True)
        self.query = query
        self.events = []
        self.opened = threading.Event()
        self.ended = False
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.connection.request("GET", "/subscribe?" + query)
        self.response = self.connection.getresponse()
        if self.response.status != 200:
            raise rig.Failure(f"a stream was answered {self.response.status}")
        self.start()
        if not self.opened.wait(30):
            raise rig.Failure("a stream got no bridge.open")

    def run(self):
        name, data = "message", []
        try:
            while line := self.response.readline():
                line = line.rstrip(b"\n")
                if line.startswith(b"event: "):
                    name = line[7:].decode()
                elif line.startswith(b"data: "):
                    data.append(line[6:])
                elif not line and data:
                    self.events.append((name, json.loads(b"\n".join(data))))
                    if name == "bridge.open":
                        self.opened.set()
                    name, data = "message", []
        except (OSError, http.client.HTTPException, ValueError):
            pass
        self.ended = True

    def messages(self):
        return [data for name, data in self.events if name == "message"]

    def named(self, name):
        return [data for known, data in self.events if known == name]
