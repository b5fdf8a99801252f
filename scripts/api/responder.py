"""A device that replies: it answers every MQTT 5 message that names a response topic."""

import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from crash import mqtt

FIXED = {0x01: 1, 0x02: 4, 0x17: 1, 0x23: 2}
"""Sizes of properties of a PUBLISH that are numbers."""
RESPONSE_TOPIC, CORRELATION_DATA, SUBSCRIPTION_IDENTIFIER, USER_PROPERTY = 0x08, 0x09, 0x0B, 0x26


class Responder:
    """Subscribed to everything; the reply is the message itself."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        name = mqtt.text("responder")
        connect = mqtt.text("MQTT") + bytes([5, 2]) + struct.pack(">HB", 0, 0) + name
        self.socket.sendall(mqtt.packet(0x10, connect))
        self.socket.sendall(mqtt.packet(0x82, b"\0\1\0" + mqtt.text("#") + b"\0"))
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        scanner = mqtt.Scanner()
        self.socket.settimeout(None)
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            for first, body in scanner.feed(data):
                if first >> 4 == mqtt.PUBLISH:
                    self.answer(body)

    def answer(self, body):
        """Replies to a message of QoS 0, which is what its subscription brings."""
        size = struct.unpack_from(">H", body)[0] + 2
        length, position = variable(body, size)
        found = properties(body[position:position + length])
        topic = found.get(RESPONSE_TOPIC)
        if not topic:
            return
        correlation = found.get(CORRELATION_DATA)
        echo = b""
        if correlation is not None:
            echo = bytes([CORRELATION_DATA]) + struct.pack(">H", len(correlation)) + correlation
        payload = body[position + length:]
        reply = struct.pack(">H", len(topic)) + topic + bytes([len(echo)]) + echo + payload
        if len(echo) < 128 and not set(topic) & set(b"+#\0"):
            self.socket.sendall(mqtt.packet(0x30, reply))

    def close(self):
        self.socket.close()


def variable(data, position):
    """A variable byte integer, and where it ends."""
    value = shift = 0
    while True:
        digit = data[position]
        position += 1
        value |= (digit & 0x7F) << shift
        shift += 7
        if digit < 0x80:
            return value, position


def properties(data):
    """The last value of each property."""
    found, position = {}, 0
    while position < len(data):
        name = data[position]
        position += 1
        if name in FIXED:
            position += FIXED[name]
        elif name == SUBSCRIPTION_IDENTIFIER:
            _, position = variable(data, position)
        else:
            for _ in range(2 if name == USER_PROPERTY else 1):
                size = struct.unpack_from(">H", data, position)[0]
                found[name] = data[position + 2:position + 2 + size]
                position += 2 + size
    return found
