"""The clients of the gateway test: HTTP/2 by httpx, and event streams with deadlines."""

import json
import queue
import threading

import httpx
import rig

DEADLINE = 30


def client(stage, local_address=None, http2=True, read=DEADLINE):
    """A client that takes HTTP/2 where it is offered, from an address of loopback."""
    transport = httpx.HTTPTransport(
        verify=stage.certificate.context(), http2=http2, local_address=local_address, trust_env=False)
    return httpx.Client(transport=transport, timeout=httpx.Timeout(DEADLINE, read=read), trust_env=False)


def publish(http, base, topic, payload, **headers):
    return http.post(f"{base}/publish", params={"topic": topic}, content=payload,
                     headers={"Content-Type": "application/octet-stream", **headers})


class Stream:
    """An event stream that a thread reads; its events come one by one from `next`.

    It has a connection of its own: threads that share one of httpx for HTTP/2 can wait for each other.
    """

    def __init__(self, stage, query, headers=None, base=None, local_address=None):
        # A stream may be silent for as long as it likes; who waits for an event has a deadline.
        self.http = client(stage, local_address, read=None)
        self.events = queue.Queue()
        self.head = queue.Queue()
        self.heartbeats = 0
        self.error = None
        self._thread = threading.Thread(
            target=self._read, args=(f"{base or stage.url}/subscribe?{query}", headers or {}), daemon=True)
        self._thread.start()
        answer = self._take(self.head, "an answer")
        if isinstance(answer, Exception):
            raise rig.Failure(f"a stream did not begin: {answer!r}")
        self.status, self.version, self.headers = answer

    def _read(self, url, headers):
        try:
            with self.http, self.http.stream("GET", url, headers=headers) as response:
                self.head.put((response.status_code, response.http_version, response.headers))
                fields = {}
                for line in response.iter_lines():
                    if line:
                        name, _, value = line.partition(":")
                        fields[name or "comment"] = value.removeprefix(" ")
                        continue
                    self._event(fields)
                    fields = {}
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            self.error = error
            self.head.put(error)
        self.events.put(None)

    def _event(self, fields):
        if "data" in fields:
            self.events.put({"event": fields.get("event", "message"), "id": fields.get("id"),
                             "data": json.loads(fields["data"])})
        elif "comment" in fields and "id" in fields:
            self.heartbeats += 1

    def _take(self, source, what):
        try:
            return source.get(timeout=DEADLINE)
        except queue.Empty:
            raise rig.Failure(f"for {DEADLINE} s there was not {what}") from None

    def next(self, kind="message"):
        """The next event, which must be of this kind; None at the end of the stream."""
        event = self._take(self.events, f"an event '{kind}'")
        if event is not None and kind is not None and event["event"] != kind:
            raise rig.Failure(f"instead of '{kind}' came {event}")
        return event

    def opened(self):
        """Waits for the first event."""
        if self.status != 200 or self.next("bridge.open") is None:
            raise rig.Failure(f"a stream was answered {self.status} and did not open")
        return self

    @property
    def has_ended(self):
        return not self._thread.is_alive()
