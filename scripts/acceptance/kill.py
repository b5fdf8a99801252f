#!/usr/bin/env python3
"""Crashes: the bridge is killed with SIGKILL at random moments while it publishes.

Publishers go on with ack=broker and ack=stored, with QoS 1 and 2. Every message that was answered 2xx
arrives, those of a topic in their order, and none with QoS 2 a second time. A publish without an answer
may have happened or not.
"""

import http.client
import itertools
import random
import threading
import time

import rig


class Source(threading.Thread):
    """One publisher with one topic; it goes on when the bridge is back."""

    def __init__(self, index, qos, ack, port, options):
        super().__init__(daemon=True)
        self.topic = f"kill/{index}/{ack}/q{qos}"
        self.qos, self.ack, self.port = qos, ack, port
        self.rng = random.Random(f"{options.seed}/{self.topic}")
        self.accepted, self.unanswered = set(), set()
        self.ending = threading.Event()
        self.failure = None

    def run(self):
        publisher = rig.Publisher(self.port)
        for number in itertools.count():
            if self.ending.is_set():
                return
            payload = b"%d " % number + self.rng.randbytes(self.rng.randint(0, 2000))
            try:
                status, body = publisher.publish(self.topic, payload, self.qos, ack=self.ack)
            except (OSError, http.client.HTTPException):
                self.unanswered.add(number)
                self.ending.wait(0.02)
                continue
            if status in (200, 202):
                self.accepted.add(number)
            elif status != 503:
                self.failure = f"a publish was answered {status}: {body[:300]!r}"
                return


def main():
    options = rig.arguments(
        __doc__.splitlines()[0], kills=(20, "kills of the bridge"),
        limit=(120, "seconds until everything must have arrived"))

    def body():
        with rig.Scratch() as scratch:
            broker = rig.Broker(scratch).start()
            bridge = rig.Bridge(options.bridge, scratch, broker)
            subscriber = None
            sources = []
            try:
                subscriber = rig.Subscriber(broker, "kill/#")
                bridge.start()
                sources = [
                    Source(index, qos, ack, bridge.port, options)
                    for index, (qos, ack) in enumerate(
                        itertools.product((1, 2), ("broker", "stored")))]
                return kills(options, bridge, subscriber, sources)
            finally:
                for source in sources:
                    source.ending.set()
                bridge.close()
                broker.close()
                if subscriber:
                    subscriber.close()

    rig.run("kill", body)


def kills(options, bridge, subscriber, sources):
    rng = random.Random(options.seed)
    for source in sources:
        source.start()
    for _ in range(options.kills):
        time.sleep(rng.uniform(0.02, 1.0))
        bridge.kill()
        bridge.start()
    for source in sources:
        source.ending.set()
    for source in sources:
        source.join()
        if source.failure:
            raise rig.Failure(source.failure)
    rig.wait_until(lambda: bridge.queue() == 0, options.limit, "an empty queue")
    marker = rig.Publisher(bridge.port).publish("kill/end", b"end", 2)
    if marker[0] != 200:
        raise rig.Failure(f"the last message was answered {marker[0]}")
    rig.wait_until(
        lambda: any(topic == "kill/end" for topic, *_ in subscriber.messages), 60,
        "the last message at the subscriber")
    bridge.stop()
    repeats = sum(verify(source, subscriber) for source in sources)
    accepted = sum(len(source.accepted) for source in sources)
    unanswered = sum(len(source.unanswered) for source in sources)
    return (f"{options.kills} kills, {accepted} accepted messages all arrived, QoS 2 once, "
            f"{unanswered} without an answer, {repeats} QoS 1 repeats")


def verify(source, subscriber):
    """Checks one topic; returns the number of repeats."""
    seen, last, repeats = set(), -1, 0
    for topic, _, _, start in subscriber.messages:
        if topic != source.topic:
            continue
        number = int(start.split(b" ", 1)[0])
        if number in seen:
            repeats += 1
            if source.qos == 2:
                raise rig.Failure(f"on {topic} message {number} came twice with QoS 2")
            continue
        if number < last:
            raise rig.Failure(f"on {topic} message {number} came after {last}")
        last = number
        seen.add(number)
    if lost := source.accepted - seen:
        raise rig.Failure(f"on {source.topic} {len(lost)} accepted messages were lost: "
                          f"{sorted(lost)[:10]}")
    if strange := seen - source.accepted - source.unanswered:
        raise rig.Failure(f"on {source.topic} messages came that were refused: {sorted(strange)[:10]}")
    return repeats


if __name__ == "__main__":
    main()
