#!/usr/bin/env python3
"""Shows that the comparison of scripts/crash_test.py finds what is wrong: each check goes red once."""

import array
import base64
import collections
import contextlib
import json
import os
import random
import sqlite3
import sys
import tempfile
import types
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "acceptance"), HERE]

from crash import eventlog, judge, messages, mqtt, subscribers, wire  # noqa: E402


class World:
    """As much of a stage as the comparison looks at: one topic with QoS 2, an observer, a stream."""

    def __init__(self, qos=2, sent=10):
        self.topics = [messages.Topic(0, "crash/t", qos)]
        self.topics[0].attempts = sent
        self.topics[0].accepted = array.array("I", range(sent))
        self.payloads, self.rng = messages.Payloads(1), random.Random(1)
        self.counts, self.violations = collections.Counter(), []
        self.has_log, self.faults = True, True
        self.places = subscribers.Places(self)
        self.link = types.SimpleNamespace(wire=wire.Wire())
        self.observer = types.SimpleNamespace(received=messages.Received(self.topics))
        self.subscribers = []
        for number in range(sent):
            self.observer.received.add("crash/t", self.payload(number))

    def payload(self, number):
        return self.payloads.make(self.rng, self.topics[0], number)

    def violate(self, text):
        self.violations.append(text)

    def may_repeat(self):
        return self.faults

    def stream(self):
        stream = subscribers.Subscriber(self, "s", ["crash/#"], 2, "eager", self.rng, 1)
        stream.take(b'event: bridge.open\ndata: {"subscriptions":[]}')
        self.subscribers.append(stream)
        return stream

    def give(self, stream, number, place, epoch="e"):
        event_id = f"{epoch}-{place}-0"
        content = {"id": event_id, "topic": "crash/t"}
        payload = self.payload(number)
        content["payload"] = base64.b64encode(payload).decode()
        content["payload_encoding"] = "base64"
        stream.take(f"id: {event_id}\ndata: {json.dumps(content)}".encode())

    def found(self):
        judge.judge(self)
        return self.violations


class Checks(unittest.TestCase):
    def play(self, numbers, world=None, places=None):
        world = world or World()
        stream = world.stream()
        for index, number in enumerate(numbers):
            world.give(stream, number, places[index] if places else index + 1)
        return world

    def assert_only(self, world, text):
        found = world.found()
        self.assertTrue(found, "nothing was found")
        for violation in found:
            self.assertIn(text, violation)

    def test_all_is_well(self):
        self.assertEqual(self.play(range(10)).found(), [])

    def test_a_lost_message_of_a_stream(self):
        self.assert_only(self.play([0, 1, 2, 4, 5, 6, 7, 8, 9]), "has lost 1 messages")

    def test_a_lost_message_of_the_observer(self):
        world = self.play(range(10))
        world.observer.received.numbers[0].remove(9)
        self.assert_only(world, "the observer has lost 1 messages")

    def test_a_repeat_with_qos_2(self):
        self.assert_only(self.play([0, 0] + list(range(1, 10))), "again: [0]")

    def test_a_repeat_with_qos_1_without_a_reason(self):
        world = World(qos=1)
        world.faults = False
        self.assert_only(self.play([0, 0] + list(range(1, 10)), world), "again: [0]")

    def test_a_repeat_with_qos_1_after_a_fault(self):
        world = self.play([0, 0] + list(range(1, 10)), World(qos=1))
        self.assertEqual(world.found(), [])
        self.assertEqual(world.counts["repeats with QoS 1"], 1)

    def test_disorder(self):
        self.assert_only(self.play([0, 1, 3, 2, 4, 5, 6, 7, 8, 9]), "too late: [2]")

    def test_an_event_that_comes_twice(self):
        world = self.play(range(10), World(qos=1))
        world.give(world.subscribers[0], 9, 10)
        self.assert_only(world, "got e-10-0 after e-10-0")

    def test_an_id_that_is_given_twice(self):
        world = self.play(range(10))
        other = world.stream()
        world.give(other, 1, 1)
        self.assertIn("was another message before", world.violations[0])

    def test_a_new_epoch(self):
        world = self.play(range(9))
        world.give(world.subscribers[0], 9, 10, epoch="f")
        self.assert_only(world, "has changed its epoch")

    def test_a_message_that_was_refused(self):
        world = self.play(range(10))
        world.topics[0].refused.add(9)
        self.assert_only(world, "that were refused: [9]")

    def test_a_message_that_was_never_sent(self):
        self.assert_only(self.play(list(range(10)) + [12]), "never sent")

    def test_a_payload_that_was_changed(self):
        with self.assertRaises(messages.Corrupted):
            messages.read(self.play([]).payload(1)[:-1] + b"\0\0")

    def gap(self, stream, place, missed, is_exact=True, **more):
        content = {"missed": missed, "exact": is_exact, "reason": "history_expired", **more}
        stream.take(f"id: e-{place}-0\nevent: bridge.gap\ndata: {json.dumps(content)}".encode())

    def test_a_gap_that_tells_what_is_missing(self):
        world = World()
        stream = world.stream()
        for number in (0, 1, 2):
            world.give(stream, number, number + 1)
        self.gap(stream, 5, 2)
        for number in (5, 6, 7, 8, 9):
            world.give(stream, number, number + 1)
        self.assertEqual(world.found(), [])
        self.assertEqual(world.counts["told by gaps"], 2)

    def test_a_gap_that_is_about_other_messages(self):
        world = World()
        stream = world.stream()
        for number in (0, 1, 2):
            world.give(stream, number, number + 1)
        self.gap(stream, 5, None, is_exact=False, qos=0)
        for number in (5, 6, 7, 8, 9):
            world.give(stream, number, number + 1)
        self.assert_only(world, "lost 2 messages of crash/t: [3, 4]")

    def test_a_gap_at_the_wrong_place(self):
        world = World()
        stream = world.stream()
        for number in (0, 1):
            world.give(stream, number, number + 1)
        self.gap(stream, 3, 1)
        for number in (3, 4, 7, 8, 9):
            world.give(stream, number, number + 1)
        self.assert_only(world, "lost 2 messages of crash/t: [5, 6]")

    def test_a_gap_that_says_too_little(self):
        world = World()
        stream = world.stream()
        world.give(stream, 0, 1)
        self.gap(stream, 5, 3)
        for number in range(5, 10):
            world.give(stream, number, number + 1)
        self.assert_only(world, "says 3, but 4 are missing")

    def test_a_lost_message_and_its_way(self):
        world = self.play(range(1, 10))
        packet_id, publish = b"\0\7", mqtt.text("crash/t") + b"\0\7\7\3\0\1x\x0b\x81\x40" + b"0 0 "
        world.link.wire.from_broker(1, 0x32, publish)
        world.link.wire.to_broker(1, mqtt.PUBACK << 4, packet_id)
        self.assert_only(
            world, "0 was sent as packet 7 of connection 1, subscription [8193], acknowledged")

    def test_a_lost_message_that_never_came(self):
        self.assert_only(self.play(range(1, 10)), "0 was never sent to the bridge")

    def fault(self, given_out, damage=b""):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, eventlog.DATABASE)
            with contextlib.closing(sqlite3.connect(path)) as connection:
                connection.execute("CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT)")
                connection.execute("INSERT INTO events VALUES (5)")
                connection.commit()
            with open(path, "r+b") as file:
                file.seek(4096)
                file.write(damage)
            return eventlog.fault(folder, given_out)

    def test_a_log_that_has_all(self):
        self.assertIsNone(self.fault(5))

    def test_a_log_that_is_behind(self):
        self.assertIn("ends at", self.fault(6))

    def test_a_database_that_is_damaged(self):
        self.assertIn("database", self.fault(5, damage=bytes(64)))


if __name__ == "__main__":
    unittest.main()
