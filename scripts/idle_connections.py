#!/usr/bin/env python3
"""Holds 15,000 connections open, and publishes and streams meanwhile.

Two fifths say nothing, a fifth stops in the middle of a head, and two fifths are event streams of a quiet topic:
a bridge takes 10,000 connections that are no streams, and lets further ones wait until others end. Prints what a connection costs, and fails when it costs more than --kibibytes.
"""

import json
import os
import resource
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig

SPARE = 500
"""Descriptors that bridge and script need beside the connections."""
HALF_A_HEAD = b"GET /subscribe?topic=quiet HTTP/1.1\r\nHost: h\r\nX-Slow: "
STREAM = b"GET /subscribe?topic=quiet HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n"


def main():
    options = rig.arguments(__doc__.splitlines()[0], connections=(15_000, "connections to hold"),
                            kibibytes=(16, "resident memory of the bridge for each, at most"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = options.connections + SPARE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"error: {wanted} open files are needed, and the limit is {hard}: ulimit -Hn {wanted}")
    # The bridge inherits it.
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    rig.run("idle-connections", lambda: play(options))


def play(options):
    with rig.Scratch() as scratch:
        broker = rig.Broker(scratch).start()
        bridge = rig.Bridge(options.bridge, scratch, broker, "--streams", str(options.connections))
        sockets = []
        try:
            bridge.start()
            rig.wait_until(lambda: works(bridge, "warm"), 30, "a broker")
            before = bridge.resident_mebibytes("RssAnon")
            started = time.monotonic()
            for number in range(options.connections):
                sockets.append(idle(bridge.port, number))
            rig.wait_until(lambda: streams(bridge) >= options.connections * 2 // 5, 60, "all streams")
            opened = time.monotonic() - started
            if not works(bridge, "all"):
                raise rig.Failure("publishing does not work while all are open")
            held = open_now(bridge)
            if held < options.connections * 0.98:
                raise rig.Failure(f"only {held} of {options.connections} connections are open")
            after = bridge.resident_mebibytes("RssAnon")
            # A message for every stream, while all are open.
            rig.Publisher(bridge.port).publish("quiet", b"wake", 1)
            for number in range(options.connections):
                if number % 5 >= 3 and b"wake" not in read_until(sockets[number], b"wake"):
                    raise rig.Failure(f"stream {number} did not get its message")
            peak = bridge.resident_mebibytes("RssAnon")
        finally:
            for each in sockets:
                each.close()
            bridge.close()
            broker.close()
    cost = (max(after, peak) - before) * 1024 / options.connections
    if cost > options.kibibytes:
        raise rig.Failure(f"a connection costs {cost:.1f} KiB: {before:.0f} MiB became {peak:.0f}")
    return (f"{held} connections in {opened:.1f} s; {before:.0f} MiB beside files alone, {after:.0f} with all, "
            f"{peak:.0f} after a message to each stream; {cost:.1f} KiB for each")


def idle(port, number):
    """Of five connections two say nothing, one stops in its head, and two are streams."""
    connection = socket.create_connection(("127.0.0.1", port), 10)
    if number % 5 == 2:
        connection.sendall(HALF_A_HEAD)
    elif number % 5 >= 3:
        connection.sendall(STREAM)
    return connection


def read_until(connection, mark):
    connection.settimeout(20)
    data = b""
    try:
        while mark not in data:
            piece = connection.recv(65536)
            if not piece:
                break
            data += piece
    except OSError:
        pass
    return data


def works(bridge, name):
    """Whether a publish comes back to a stream that is opened for it."""
    with socket.create_connection(("127.0.0.1", bridge.port), 10) as stream:
        stream.sendall(STREAM.replace(b"quiet", name.encode()))
        if b"bridge.open" not in read_until(stream, b"bridge.open"):
            return False
        status, _ = rig.Publisher(bridge.port).publish(name, b"hello", 1)
        return status == 200 and b"hello" in read_until(stream, b"hello")


def streams(bridge):
    return bridge.health()["streams"]["open"]


def open_now(bridge):
    """Sockets that the bridge has."""
    folder = f"/proc/{bridge.process.pid}/fd"
    count = 0
    for name in os.listdir(folder):
        try:
            count += os.readlink(f"{folder}/{name}").startswith("socket:")
        except OSError:
            pass
    return count


if __name__ == "__main__":
    main()
