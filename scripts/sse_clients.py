#!/usr/bin/env python3
"""Reads our event streams with two client libraries that others wrote.

Starts mosquitto and the bridge (build a release first, or set BRIDGE), publishes payloads that are hard to put
into lines, and compares what httpx-sse and sseclient-py make of them, live and in a replay, with
envelope=json and envelope=none. The libraries come from PyPI into .build-sse.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".build-sse"
PACKAGES = ["httpx==0.28.1", "httpx-sse==0.4.3", "requests==2.32.5", "sseclient-py==1.9.0"]

PAYLOADS = {
    "plain": b"21.5",
    "empty": b"",
    "leading space": b"  two spaces",
    "leading colon": b": no comment",
    "fields": b"id: 1\nevent: x\nretry: 5\ndata: y",
    "lines": b"a\nb\n\nc",
    "ends with a line": b"a\n",
    "only lines": b"\n\n",
    "CRLF": b"a\r\nb\r\n",
    "CR only": b"a\rb\r",
    "NUL": b"a\0b",
    "other line ends": "a\u2028b\u2029c\u0085d\x0b\x0c\x1c\x1d\x1ee".encode(),
    "byte order mark": "\ufeffx".encode(),
    "UTF-8": "täxt \U0001f600".encode(),
    "binary": bytes(range(256)),
    "not quite UTF-8": b"\xc3",
    "long": b"0123456789 " * 20000,
}


def is_text(payload):
    try:
        payload.decode()
        return True
    except UnicodeDecodeError:
        return False


def expected(payload, envelope):
    """What the data of the event must say."""
    if envelope == "json":
        return payload
    text = is_text(payload) and b"\r" not in payload
    return payload if text else base64.b64encode(payload)


def read(data, envelope):
    """The payload in the data of an event, as bytes."""
    if envelope == "none":
        return data.encode()
    message = json.loads(data)
    if message.get("payload_encoding") == "base64":
        return base64.b64decode(message["payload"], validate=True)
    return message["payload"].encode()


def events_of_httpx(url, headers):
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client(timeout=30) as client:
        with connect_sse(client, "GET", url, headers=headers) as source:
            for event in source.iter_sse():
                yield event.event, event.data, event.id


def events_of_sseclient(url, headers):
    import requests
    import sseclient

    headers = {"Accept": "text/event-stream", **headers}
    with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
        for event in sseclient.SSEClient(answer).events():
            yield event.event, event.data, event.id


CLIENTS = {"httpx-sse": events_of_httpx, "sseclient-py": events_of_sseclient}


def opened(events, what):
    """The data of bridge.open.

    httpx-sse makes an event of the retry time before it, although that has no data (WHATWG HTML, 9.2.6).
    """
    kind, data, _ = next(events)
    if (kind, data) == ("message", ""):
        kind, data, _ = next(events)
    check(kind == "bridge.open", f"{what}: the stream begins with {kind!r}")
    return json.loads(data)


class Failure(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failure(text)


def post(address, topic, payload):
    request = urllib.request.Request(f"{address}/topics/{topic}", data=payload, method="POST")
    request.add_header("Content-Type", "application/octet-stream")
    with urllib.request.urlopen(request, timeout=30) as answer:
        check(answer.status == 200, f"the publish was answered {answer.status}")


def compare(events, envelope, what):
    """Reads one event for each payload; returns the last id."""
    last = None
    for name, payload in PAYLOADS.items():
        kind, data, last = next(events)
        check(kind == "message", f"{what}: {name} came as the event {kind!r}")
        found = read(data, envelope)
        wanted = expected(payload, envelope)
        check(found == wanted, f"{what}: {name}: {found[:80]!r} instead of {wanted[:80]!r}")
        check(last, f"{what}: {name} has no id")
    return last


def run(client, address, envelope):
    events_of = CLIENTS[client]
    topic = f"sse/{client}/{envelope}"
    url = f"{address}/subscribe?topic={topic}&envelope={envelope}"
    live = events_of(url, {})
    opened(live, client)
    for payload in PAYLOADS.values():
        post(address, topic, payload)
    last = compare(live, envelope, f"{client}, {envelope}, live")
    live.close()
    replay = events_of(url, {"Last-Event-ID": "earliest"})
    opened(replay, client)
    again = compare(replay, envelope, f"{client}, {envelope}, replay")
    replay.close()
    check(again == last, f"{client}: the replay ends with {again}, not {last}")
    print(f"  {client}, envelope={envelope}: {len(PAYLOADS)} payloads, live and in a replay")


def start_broker(folder):
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen(
        ["mosquitto", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return process, port


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_bridge(folder, broker_port):
    program = os.environ.get("BRIDGE", str(ROOT / ".build/release/mqtt-bridge"))
    log = open(folder / "bridge.log", "w+")
    process = subprocess.Popen(
        [program, "--broker", f"mqtt://127.0.0.1:{broker_port}", "--listen", "127.0.0.1:0",
         "--admin-listen", "127.0.0.1:0", "--data", str(folder / "data")],
        stdout=log, stderr=log)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        text = Path(log.name).read_text()
        found = re.search(r'"listen":"(http://[^"]+)"', text)
        if found and "broker connected" in text:
            return process, found.group(1)
        time.sleep(0.05)
    raise Failure("the bridge did not start:\n" + Path(log.name).read_text())


def with_libraries():
    """Runs again with an interpreter that has the client libraries."""
    python = PLACE / "bin/python"
    mark = PLACE / "packages"
    wanted = "\n".join(PACKAGES)
    if not mark.exists() or mark.read_text() != wanted:
        print("==> fetching the client libraries")
        venv.create(PLACE, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        mark.write_text(wanted)
    os.execv(python, [str(python), __file__, "--inside"])


def main():
    if sys.argv[1:] != ["--inside"]:
        with_libraries()
    processes = []
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            broker, port = start_broker(folder)
            processes.append(broker)
            bridge, address = start_bridge(folder, port)
            processes.append(bridge)
            for client in CLIENTS:
                for envelope in ["json", "none"]:
                    run(client, address, envelope)
            bridge.terminate()
            bridge.wait(30)
    except Failure as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
    print("every payload came as it was published")
    return 0


if __name__ == "__main__":
    sys.exit(main())
