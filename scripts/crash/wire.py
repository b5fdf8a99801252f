"""What the broker sent to the bridge: for each message that is missing in the end, whether it came."""

import collections
import struct
import threading

from crash import mqtt

CONTENT_TYPE, SUBSCRIPTION_IDENTIFIER = 3, 11


class Delivery:
    """One PUBLISH, as it passed the link."""

    def __init__(self, connection, packet_id, is_repeat, identifiers):
        self.connection, self.packet_id, self.is_repeat = connection, packet_id, is_repeat
        self.identifiers = identifiers
        self.is_answered = False

    def __str__(self):
        return (f"packet {self.packet_id} of connection {self.connection}"
                f"{' (DUP)' if self.is_repeat else ''}, subscription {self.identifiers}, "
                f"{'acknowledged' if self.is_answered else 'not acknowledged'}")


class Wire:
    """Every delivery, by the topic and number of its message."""

    def __init__(self):
        self.lock = threading.Lock()
        self.deliveries = collections.defaultdict(list)
        self.unanswered = {}

    def from_broker(self, connection, first, body):
        if first >> 4 != mqtt.PUBLISH:
            return
        packet_id, identifiers, payload = split(first, body)
        words = payload.split(b" ", 2)
        delivery = Delivery(connection, packet_id, bool(first & 8), identifiers)
        with self.lock:
            self.deliveries[int(words[0]), int(words[1])].append(delivery)
            self.unanswered[connection, packet_id] = delivery

    def to_broker(self, connection, first, body):
        if first >> 4 not in (mqtt.PUBACK, mqtt.PUBREC):
            return
        packet_id, = struct.unpack_from(">H", body)
        with self.lock:
            if delivery := self.unanswered.pop((connection, packet_id), None):
                delivery.is_answered = True

    def story(self, index, number):
        """What came of a message, in words."""
        deliveries = self.deliveries.get((index, number))
        return "sent as " + "; ".join(map(str, deliveries)) if deliveries else "never sent to the bridge"


def split(first, body):
    """The packet identifier, Subscription Identifiers and payload of a PUBLISH of MQTT 5."""
    position = struct.unpack_from(">H", body)[0] + 2
    packet_id = 0
    if first >> 1 & 3:
        packet_id, = struct.unpack_from(">H", body, position)
        position += 2
    size, position = number(body, position)
    end, identifiers = position + size, []
    while position < end:
        kind, position = body[position], position + 1
        if kind == SUBSCRIPTION_IDENTIFIER:
            value, position = number(body, position)
            identifiers.append(value)
        elif kind == CONTENT_TYPE:
            position += 2 + struct.unpack_from(">H", body, position)[0]
        else:
            raise ValueError(f"no publisher of the test sends the property {kind}")
    return packet_id, identifiers, body[end:]


def number(body, position):
    """A variable byte integer, and where it ends."""
    value = shift = 0
    while True:
        digit = body[position]
        position += 1
        value |= (digit & 0x7F) << shift
        shift += 7
        if digit < 0x80:
            return value, position
