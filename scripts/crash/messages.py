"""Topics, and messages that say themselves which one of their topic they are."""

import array
import random
import zlib


class Corrupted(Exception):
    """A payload that nobody here has made."""


class Topic:
    """One topic, its one publisher's numbers, and what became of each."""

    def __init__(self, index, name, qos, is_ordered=True):
        self.index, self.name, self.qos, self.is_ordered = index, name, qos, is_ordered
        self.attempts = 0
        self.accepted = array.array("I")
        self.refused, self.unknown = set(), set()

    def next(self):
        self.attempts += 1
        return self.attempts - 1


class Payloads:
    """Makes payloads of all sizes, most of them small, some of them no text."""

    def __init__(self, seed):
        rng = random.Random(f"{seed}/payloads")
        self.binary = rng.randbytes(1 << 15)
        self.text = "".join(rng.choices("abcdefghij 0123456789\n\r\"\\/{}:äß€😀\t", k=1 << 14))

    def make(self, rng, topic, number):
        chance = rng.random()
        limit = 200 if chance < 0.9 else 2048 if chance < 0.98 else 8192
        size, start = rng.randrange(limit + 1), rng.randrange(1 << 13)
        if rng.random() < 0.3:
            filler = self.binary[start:start + size]
        else:
            filler = self.text[start:start + size].encode()[:size]
        head = b"%d %d " % (topic.index, number)
        return head + b"%08x " % zlib.crc32(filler, zlib.crc32(head)) + filler


def read(payload):
    """The index of the topic and the number of a message."""
    parts = payload.split(b" ", 3)
    try:
        index, number, check = int(parts[0]), int(parts[1]), int(parts[2], 16)
        filler = parts[3]
    except (ValueError, IndexError):
        raise Corrupted(repr(payload[:40])) from None
    if zlib.crc32(filler, zlib.crc32(b"%d %d " % (index, number))) != check:
        raise Corrupted(repr(payload[:40]))
    return index, number


class Received:
    """What one receiver got, in order: the numbers of each topic, and their places in the event log."""

    def __init__(self, topics):
        self.topics = topics
        self.numbers = [array.array("I") for _ in topics]
        self.places = [array.array("Q") for _ in topics]
        self.count = 0

    def add(self, topic_name, payload, place=0):
        index, number = read(payload)
        if index >= len(self.topics) or self.topics[index].name != topic_name:
            raise Corrupted(f"on {topic_name}: {payload[:40]!r}")
        self.numbers[index].append(number)
        self.places[index].append(place)
        self.count += 1
        return index, number

    def has(self, index, number):
        """Whether a recent message has come."""
        numbers = self.numbers[index]
        return number in numbers[-200:] or number in numbers
