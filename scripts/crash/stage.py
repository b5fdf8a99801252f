"""The stage of a run: broker, link, disk, bridge and all who publish and listen."""

import collections
import os
import random
import signal
import threading
import time

import rig
from crash import direct, faults, messages, publishers, subscribers
from crash.disk import Disk
from crash.link import Link

TOPICS = [
    ("crash/http/0/q1", 1, "http"), ("crash/http/1/q1", 1, "http"),
    ("crash/http/0/q2", 2, "http"), ("crash/http/1/q2", 2, "http"),
    ("crash/burst/0/q1", 1, "burst"), ("crash/burst/1/q1", 1, "burst"),
    ("crash/mqtt/0/q1", 1, "mqtt"), ("crash/mqtt/0/q2", 2, "mqtt"), ("crash/mqtt/1/q2", 2, "mqtt"),
]

# Name, filters, QoS, manner, mean seconds of a connection.
SUBSCRIBERS = [
    ("all", ["crash/#"], 2, "eager", 30),
    ("all, restless", ["crash/#"], 2, "eager", 1),
    ("all, a browser", ["crash/#"], 2, "eventsource", 10),
    ("HTTP, overlapping", ["crash/http/#", "crash/+/0/#", "crash/http/0/q2"], 2, "eager", 5),
    ("HTTP, slow", ["crash/http/+/q2", "crash/burst/#"], 2, "slow", 20),
    ("MQTT", ["crash/mqtt/#"], 2, "query", 3),
    ("MQTT QoS 2", ["crash/mqtt/+/q2", "crash/mqtt/1/#"], 2, "eventsource", 5),
    ("QoS 1", ["crash/+/+/q1"], 1, "query", 2),
]


class FairBroker(rig.Broker):
    """A mosquitto that is killed only after it has saved what it has acknowledged."""

    def save(self):
        """Makes the broker write its state; returns when the file is there."""
        path = self.scratch.file("broker/mosquitto.db")

        def version():
            try:
                return os.stat(path).st_ino, os.stat(path).st_mtime_ns
            except FileNotFoundError:
                return None

        before = version()
        self.process.send_signal(signal.SIGUSR1)
        rig.wait_until(lambda: version() not in (None, before), 30, "a saved state of the broker")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Stage:
    """Everything that runs, and what they have in common."""

    def __init__(self, options, scratch):
        self.seed = options.seed
        lacks = options.lacks.split(",")
        self.has_log, self.has_keys = "log" not in lacks, "keys" not in lacks
        self.topics = [
            messages.Topic(index, name, qos, is_ordered=kind != "burst")
            for index, (name, qos, kind) in enumerate(TOPICS)]
        self.payloads = messages.Payloads(self.seed)
        self.counts = collections.Counter()
        self.trap = publishers.Trap()
        self.places = subscribers.Places(self)
        self.is_ending, self.is_calm, self.is_over = (threading.Event() for _ in range(3))
        self.violations, self.violation_lock = [], threading.Lock()
        self.excused_until = 0
        self.broker = FairBroker(scratch)
        self.link = Link(self.broker.port)
        self.disk = Disk(scratch, options.disk)
        self.bridge = rig.Bridge(
            options.bridge, scratch, self.link, "--keep-alive", "3s", "--ack-wait", "2s",
            *options.flags.split(), data=self.disk.data, url_query="?receive_maximum=65535")
        self.make_actors(options.rate)

    def make_actors(self, rate):
        def rng(name):
            return random.Random(f"{self.seed}/{name}")

        mean_pause = len(self.topics) / rate
        self.observer = direct.Observer(self, "crash/#")
        self.direct, self.publishers = [self.observer], []
        for topic, (name, qos, kind) in zip(self.topics, TOPICS):
            if kind == "mqtt":
                self.direct.append(direct.Source(self, topic, rng(name), mean_pause))
            elif kind == "burst":
                self.publishers.append(
                    publishers.Burst(self, topic, rng(name), mean_pause * 15, False))
            else:
                self.publishers.append(publishers.Publisher(
                    self, topic, rng(name), mean_pause, has_keys=qos == 2 and self.has_keys))
        self.subscribers = [
            subscribers.Subscriber(self, name, filters, qos, manner, rng(name), mean_life)
            for name, filters, qos, manner, mean_life in SUBSCRIBERS]

    def open(self):
        """Starts everyone, and waits until each stream has got a message."""
        self.broker.start()
        self.bridge.start()
        self.observer.start()
        for subscriber in self.subscribers:
            subscriber.start()
        for subscriber in self.subscribers:
            if not subscriber.opened.wait(30):
                raise rig.Failure(f"the stream '{subscriber.name}' got no bridge.open")
        if not self.observer.subscribed.wait(30):
            raise rig.Failure("the observer could not subscribe")
        for actor in self.direct[1:] + self.publishers:
            actor.start()
        rig.wait_until(
            lambda: all(subscriber.received.count for subscriber in self.subscribers), 60,
            "a message on every stream")

    def close(self):
        self.is_over.set()
        self.bridge.close()
        self.broker.close()
        self.disk.close()

    def violate(self, text):
        with self.violation_lock:
            self.violations.append(text)
            if len(self.violations) <= 20:
                print(f"  VIOLATION: {text}", flush=True)

    def excuse(self, seconds):
        """For this time publishes may be refused."""
        self.excused_until = time.monotonic() + seconds

    def excuses_refusals(self):
        return time.monotonic() < self.excused_until

    def may_repeat(self):
        """Whether something has happened after which a message with QoS 1 may come again."""
        return any(self.counts[kind] for kind in faults.WEIGHTS)

    def accepted(self):
        return sum(len(topic.accepted) for topic in self.topics)

    def finish(self, limit):
        """Lets the publishers end with an accepted message each, and waits until all has arrived."""
        self.is_ending.set()
        for publisher in self.publishers:
            publisher.join(limit)
            if publisher.is_alive():
                self.violate(f"no publish on {publisher.topic.name} is accepted any more")
        rig.wait_until(lambda: all(source.is_idle for source in self.direct[1:]), limit,
                       "sources that have finished")
        try:
            rig.wait_until(lambda: self.bridge.queue() == 0, limit, "an empty queue")
        except rig.Failure as failure:
            self.violate(str(failure))
        self.is_calm.set()
        self.await_rest(limit)

    def await_rest(self, limit):
        """Waits for the last message of each topic everywhere, and then until nothing more comes."""
        last_count, changed = -1, time.monotonic()
        while True:
            receivers = [subscriber.received for subscriber in self.subscribers]
            count = self.observer.received.count + sum(one.count for one in receivers)
            if count != last_count:
                last_count, changed = count, time.monotonic()
            silence = time.monotonic() - changed
            if silence > (2 if self.is_complete() else limit):
                return
            time.sleep(0.1)

    def is_complete(self):
        for topic in self.topics:
            if topic.accepted:
                last = topic.accepted[-1]
                receivers = [self.observer.received] + [
                    subscriber.received for subscriber in self.subscribers
                    if self.has_log and subscriber.wants(topic.name)]
                if not all(one.has(topic.index, last) for one in receivers):
                    return False
        return True
