"""What every part of the browser test stands on: broker, bridge, pages and a browser."""

import contextlib
import http.client
import json
import subprocess
import time

import guarded
import rig

from chromium.pages import Pages

READER = {"subscribe": ["house/#"], "history": True, "max_connections": 100}
WRITER = {"publish": ["house/#"], "retain": True, "rate": "100000/s"}


class Stage:
    """A guarded bridge whose pages come from `allowed`, and not from `refused`."""

    def __init__(self, options, scratch, browser):
        self.scratch, self.browser = scratch, browser
        self.allowed, self.refused = Pages(), Pages()
        self.broker = rig.Broker(scratch).start()
        with open(scratch.file("tickets"), "w", encoding="utf-8") as file:
            file.write("a secret that signs tickets, also after a restart\n")
        flags = guarded.flags(
            scratch, "--jwt-leeway", "0", "--ticket-key-file", scratch.file("tickets"),
            "--allowed-origins", self.allowed.origin, "--drain-timeout", "5s", "--record", "house/#",
            "--mqtt-tunnel", "true")
        self.bridge = rig.Bridge(options.bridge, scratch, self.broker, *flags).start()
        self.url = f"http://127.0.0.1:{self.bridge.port}"
        self.writer = guarded.token("writer", WRITER)
        rig.wait_until(lambda: self.publish("house/first", "x") == 200, 30, "a broker")

    def close(self):
        for part in (self.bridge, self.broker, self.allowed, self.refused):
            part.close()

    def publish(self, topic, payload, port=None):
        """Publishes through the bridge, or another one; the status of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.bridge.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("POST", f"/publish?topic={topic}&qos=1", body=payload.encode(),
                               headers={"Authorization": f"Bearer {self.writer}"})
            return connection.getresponse().status

    def publish_at_broker(self, topic, payloads):
        """Publishes without the bridge, one message after the other."""
        subprocess.run(
            ["mosquitto_pub", "-p", str(self.broker.port), "-q", "1", "-t", topic, "-l"], check=True,
            input="".join(f"{payload}\n" for payload in payloads).encode())

    def history(self, topic):
        """The payloads that were published to a topic."""
        connection = http.client.HTTPConnection("127.0.0.1", self.bridge.port, timeout=30)
        token = guarded.token("auditor", {"subscribe": ["#"], "history": True})
        with contextlib.closing(connection):
            connection.request("GET", f"/history?topic={topic}&limit=1000",
                               headers={"Authorization": f"Bearer {token}"})
            answer = json.load(connection.getresponse())
        return [message["payload"] for message in answer["messages"]]

    @contextlib.contextmanager
    def page(self, origin, path="/", **options):
        """A page of an origin, in a browser profile of its own."""
        context = self.browser.new_context(**options)
        try:
            page = context.new_page()
            page.goto(origin + path)
            yield page
        finally:
            context.close()


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def wait_for(page, expression, what):
    """Waits until an expression in the page is true.

    Playwright's own waiting evaluates text in the page, which the policies of the bridge's pages forbid.
    """
    deadline = time.monotonic() + 30
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise rig.Failure(f"after 30 s there is still not: {what}")
        page.wait_for_timeout(50)
