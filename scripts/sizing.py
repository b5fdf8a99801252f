#!/usr/bin/env python3
"""Measures what docs/operations.md says about sizing: memory of a stream, and disk of a message.

Streams are opened and stay silent; messages are published in batches, once with a broker, into the event log, and
once without one, into the queue. The disk is what the data directory has after a stop.
"""

import contextlib
import http.client
import json
import os
import resource
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig

REQUEST = b"GET /subscribe?topic=quiet/x HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n"
SIZES = (64, 1024, 8192)
BATCH = 500


def main():
    options = rig.arguments(__doc__.splitlines()[0], streams=(4000, "streams to open"),
                            messages=(10000, "messages to write, of each size"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * options.streams + 500
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
    rig.run("sizing", lambda: play(options))


def play(options):
    with rig.Scratch() as scratch:
        broker = rig.Broker(scratch).start()
        try:
            for scheme in ("http", "https"):
                cost = streams(options, scratch, broker, scheme)
                print(f"sizing: a silent stream by {scheme}: {cost:.1f} KiB of memory", flush=True)
            for size in SIZES:
                cost = disk(options, scratch, broker, f"log-{size}", size)
                print(f"sizing: a message of {size} bytes in the event log: {cost:.0f} bytes of disk", flush=True)
            broker.stop()
            for size in SIZES:
                cost = disk(options, scratch, broker, f"queue-{size}", size)
                print(f"sizing: a message of {size} bytes in the queue: {cost:.0f} bytes of disk", flush=True)
        finally:
            broker.close()
    return "measured"


def streams(options, scratch, broker, scheme):
    """KiB of resident memory of one more stream; https has an eighth of the streams."""
    flags, context = [], None
    count = options.streams
    if scheme == "https":
        count //= 8
        certificate, key = scratch.file("chain.pem"), scratch.file("key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        flags = ["--tls-certificate", certificate, "--tls-key", key]
        context = ssl.create_default_context(cafile=certificate)
        context.check_hostname = False
    bridge = rig.Bridge(options.bridge, scratch, broker, "--streams", str(2 * options.streams), *flags,
                        data=scratch.file("streams-" + scheme)).start()
    held = []
    try:
        # The first ones pay for what all share.
        for number in range(count + count // 4):
            if number == count // 4:
                rig.wait_until(lambda: bridge.health()["streams"]["open"] == number, 60, "the first streams")
                before = bridge.resident_mebibytes("RssAnon")
            connection = socket.create_connection(("127.0.0.1", bridge.port))
            if context:
                connection = context.wrap_socket(connection)
            connection.sendall(REQUEST)
            held.append(connection)
        rig.wait_until(lambda: bridge.health()["streams"]["open"] == len(held), 60, "all streams")
        return (bridge.resident_mebibytes("RssAnon") - before) * 1024 / count
    finally:
        for connection in held:
            connection.close()
        bridge.close()


def disk(options, scratch, broker, name, size):
    """Bytes of the data directory for one more message."""
    folder = scratch.file(name)
    bridge = rig.Bridge(options.bridge, scratch, broker, "--record", "log/#", data=folder)
    written, total = [], 0
    for count in (options.messages // 10, options.messages):
        bridge.start()
        total += count
        for begin in range(0, count, BATCH):
            lines = "\n".join(json.dumps({"topic": f"log/device-{number % 100}/value", "payload": "x" * size})
                              for number in range(begin, begin + BATCH))
            batch(bridge, lines)
        # With a broker all has left the queue, and with the last acknowledgement all has come back into the log.
        if broker.process.poll() is None:
            rig.wait_until(lambda: is_logged(bridge, total), 120, "all messages in the event log")
        bridge.stop()
        written.append(sum(os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder)))
    return (written[1] - written[0]) / options.messages


def is_logged(bridge, count):
    """Whether the queue is empty and the log has so many events: its last id has their number."""
    connection = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/history?topic=log/%23&since=none")
        last = json.loads(connection.getresponse().read())["last_event_id"]
    return bridge.queue() == 0 and int(last.split("-")[1]) >= count


def batch(bridge, lines):
    """Publishes lines, which are on the disk or at the broker when it returns."""
    connection = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/publish/batch?ack=stored", body=lines,
                           headers={"Content-Type": "application/x-ndjson"})
        answer = connection.getresponse()
        if answer.status not in (200, 202):
            raise rig.Failure(f"a batch was answered {answer.status} {answer.read()[:300]}")


if __name__ == "__main__":
    main()
