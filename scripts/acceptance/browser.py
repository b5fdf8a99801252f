#!/usr/bin/env python3
"""A real browser: the page and an EventSource of its own receive messages.

Drives Chromium without a window over its debugging protocol. Without Chromium the script says so and ends
with status 0.
"""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request

import rig


class WebSocket:
    """As much of RFC 6455 as a debugging connection to a browser on this machine needs."""

    def __init__(self, url):
        host, _, path = url.removeprefix("ws://").partition("/")
        name, _, port = host.partition(":")
        self.socket = socket.create_connection((name, int(port)), 30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        if b" 101 " not in self.file.readline():
            raise rig.Failure("the browser refuses the debugging connection")
        while self.file.readline() != b"\r\n":
            pass

    def send(self, text):
        data, mask = text.encode(), os.urandom(4)
        length = (bytes([0x80 | len(data)]) if len(data) < 126
                  else b"\xfe" + struct.pack(">H", len(data)))
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self.socket.sendall(b"\x81" + length + mask + masked)

    def receive(self):
        while True:
            first, second = self.file.read(2)
            length = second & 0x7F
            if length == 126:
                length, = struct.unpack(">H", self.file.read(2))
            elif length == 127:
                length, = struct.unpack(">Q", self.file.read(8))
            data = self.file.read(length)
            if first & 0x0F == 1:
                return data.decode()


class Browser:
    """A Chromium with one page."""

    def __init__(self, program, scratch):
        port = rig.free_port()
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", f"--remote-debugging-port={port}",
             f"--user-data-dir={scratch.file('browser')}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.port, self.last = port, 0
        page = rig.wait_until(self.page, 60, "a page of the browser")
        self.connection = WebSocket(page["webSocketDebuggerUrl"])

    def page(self):
        if self.process.poll() is not None:
            raise rig.Failure(f"the browser ended with status {self.process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json", timeout=5) as answer:
                pages = [page for page in json.load(answer) if page["type"] == "page"]
        except OSError:
            return None
        return pages[0] if pages else None

    def call(self, method, **parameters):
        self.last += 1
        self.connection.send(json.dumps({"id": self.last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.connection.receive())
            if message.get("id") == self.last:
                return message.get("result", {})

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise rig.Failure(f"the page fails: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, expression, what):
        deadline = time.monotonic() + 30
        while not self.evaluate(expression):
            if time.monotonic() > deadline:
                raise rig.Failure(f"after 30 s there is still not: {what}")
            time.sleep(0.05)

    def close(self):
        self.process.kill()
        self.process.wait()


def main():
    options = rig.arguments(__doc__.splitlines()[0], messages=(100, "messages to publish"))
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next((path for path in map(shutil.which, names) if path), None)
    if program is None:
        print("browser: skipped: there is no Chromium (Debian: apt-get install chromium)")
        sys.exit(0)

    def body():
        with rig.Scratch() as scratch:
            broker = rig.Broker(scratch).start()
            bridge = rig.Bridge(options.bridge, scratch, broker)
            browser = None
            try:
                bridge.start()
                browser = Browser(program, scratch)
                return watch(options, broker, bridge, browser)
            finally:
                if browser:
                    browser.close()
                bridge.close()
                broker.close()

    rig.run("browser", body)


def watch(options, broker, bridge, browser):
    browser.call("Page.enable")
    browser.call("Page.navigate", url=f"http://127.0.0.1:{bridge.port}/")
    browser.wait_for(
        "(document.getElementById('state') || {}).textContent == 'subscribed to demo/#'",
        "a page that is subscribed")
    browser.evaluate("""
        window.got = []; window.opened = 0;
        window.stream = new EventSource('/subscribe?topic=demo/%23');
        stream.onmessage = event => got.push(JSON.parse(event.data));
        stream.addEventListener('bridge.open', () => { opened += 1; });
        true""")
    browser.wait_for("opened == 1", "bridge.open in the page")

    publisher = rig.Publisher(bridge.port)
    for number in range(options.messages):
        publisher.publish(f"demo/{number % 3}", f"grüße {number}".encode(), 1)
    browser.wait_for(f"got.length >= {options.messages}", "all messages at the EventSource")
    payloads = browser.evaluate("got.map(message => message.payload)")
    if payloads != [f"grüße {number}" for number in range(options.messages)]:
        raise rig.Failure("the EventSource got other messages than were published")
    last = options.messages - 1
    browser.wait_for(
        f"document.getElementById('log').textContent.includes('demo/{last % 3}  grüße {last}')",
        "the last message on the page")

    browser.evaluate("""
        document.querySelector('#publish [name=topic]').value = 'demo/form';
        document.querySelector('#publish [name=payload]').value = 'from the page';
        document.getElementById('publish').requestSubmit(); true""")
    browser.wait_for(
        "got.some(message => message.topic == 'demo/form' && message.payload == 'from the page')",
        "what the page published")

    broker.stop()
    broker.start()
    bridge.stop()
    bridge.start()
    browser.wait_for("opened >= 2", "an EventSource that has come back")
    publisher.connection = None
    publisher.publish("demo/again", b"back", 1)
    browser.wait_for("got.some(message => message.payload == 'back')", "a message after the restart")
    return f"{options.messages} messages on the page and an EventSource, which also came back"


if __name__ == "__main__":
    main()
