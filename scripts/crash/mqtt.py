"""As much of MQTT 3.1.1 as an independent client needs: packets, and one blocking connection."""

import socket
import struct

CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, PINGRESP = 2, 3, 4, 5, 6, 7, 9, 13


class Ended(Exception):
    """The connection is over."""


def text(value):
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def packet(first, body):
    size, length = len(body), bytearray()
    while True:
        size, digit = size >> 7, size & 0x7F
        length.append(digit | (0x80 if size else 0))
        if not size:
            return bytes([first]) + bytes(length) + body


def publish(topic, payload, qos, packet_id, is_duplicate=False):
    return packet(0x30 | qos << 1 | (8 if is_duplicate else 0),
                  text(topic) + struct.pack(">H", packet_id) + payload)


def acknowledgement(kind, packet_id):
    return struct.pack(">BBH", kind << 4 | (2 if kind == PUBREL else 0), 2, packet_id)


def subscribe(packet_id, topic, qos):
    return packet(0x82, struct.pack(">H", packet_id) + text(topic) + bytes([qos]))


class Scanner:
    """Cuts a stream of bytes into packets."""

    def __init__(self):
        self.pending = b""

    def feed(self, data):
        """Yields the first byte and the body of each packet that is complete."""
        pending = self.pending + data if self.pending else data
        start = 0
        while True:
            position, size, shift = start + 1, 0, 0
            while position < len(pending):
                digit = pending[position]
                position += 1
                size |= (digit & 0x7F) << shift
                shift += 7
                if digit < 0x80:
                    break
            else:
                break
            if position + size > len(pending):
                break
            yield pending[start], pending[position:position + size]
            start = position + size
        self.pending = pending[start:]


def split_publish(first, body):
    """The topic, QoS, packet identifier and payload of a PUBLISH."""
    size = struct.unpack_from(">H", body)[0] + 2
    qos = first >> 1 & 3
    packet_id = struct.unpack_from(">H", body, size)[0] if qos else 0
    return body[2:size].decode(), qos, packet_id, body[size + (2 if qos else 0):]


class Connection:
    """One connection of a client whose session the broker keeps."""

    def __init__(self, port, client_id):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), 5)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.scanner, self.ready = Scanner(), []
            # Clean session off, no keep alive.
            self.send(packet(0x10, b"\0\4MQTT\4\0\0\0" + text(client_id)))
            first, body = self.receive()
        except OSError as error:
            raise Ended(str(error)) from None
        if first >> 4 != CONNACK or body[1]:
            raise Ended(f"refused: {body!r}")
        self.session_present = bool(body[0])

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Ended(str(error)) from None

    def packets(self, timeout):
        """What came, perhaps nothing within the time."""
        if self.ready:
            ready, self.ready = self.ready, []
            return ready
        self.socket.settimeout(timeout)
        try:
            data = self.socket.recv(1 << 16)
        except TimeoutError:
            return []
        except OSError as error:
            raise Ended(str(error)) from None
        finally:
            self.socket.settimeout(30)
        if not data:
            raise Ended("closed by the broker")
        return list(self.scanner.feed(data))

    def receive(self):
        """The next packet."""
        while not self.ready:
            self.ready = self.packets(30)
        return self.ready.pop(0)

    def leave(self):
        """Ends the connection so that the broker has handled everything that was sent."""
        try:
            self.socket.sendall(b"\xe0\0")
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(10)
            while self.socket.recv(1 << 16):
                pass
        except OSError:
            pass
        self.socket.close()
