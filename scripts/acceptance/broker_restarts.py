#!/usr/bin/env python3
"""Broker restarts under load: streams stay open and nothing with QoS 1 or 2 is lost.

The broker keeps its sessions on disk and is restarted again and again while messages are published.
Every message that was answered 2xx comes on every stream and at an independent subscriber, in the
order of its topic. Repeats are counted: with QoS 1 they are allowed, and a mosquitto 2.0 that is stopped
after its PUBREL sends the PUBLISH of a QoS 2 message once more when it is back.
"""

import itertools
import random
import threading
import time

import rig
import streams


def main():
    options = rig.arguments(
        __doc__.splitlines()[0], restarts=(10, "restarts of the broker"),
        streams=(8, "event streams"), limit=(120, "seconds until everything must have arrived"))

    def body():
        with rig.stage(options.bridge, "load/#") as (broker, bridge, subscriber):
            return restarts(options, broker, bridge, subscriber)

    rig.run("broker_restarts", body)


def publish_until(ending, port, topic, qos, accepted):
    publisher = rig.Publisher(port)
    for number in itertools.count():
        if ending.is_set():
            return
        status, body = publisher.publish(topic, b"%d" % number, qos, ack="broker")
        if status not in (200, 202):
            raise rig.Failure(f"a publish was answered {status}: {body[:300]!r}")
        accepted.append(number)


def restarts(options, broker, bridge, subscriber):
    rng = random.Random(options.seed)
    filters = ["topic=load/%23", "topic=load/%2B/q1&topic=load/%2B/q2", "topic=load/0/q1&topic=load/%23"]
    readers = [
        streams.Stream(bridge.port, filters[index % len(filters)] + "&qos=2")
        for index in range(options.streams)]
    ending = threading.Event()
    accepted = {f"load/{index}/q{qos}": [] for index in range(3) for qos in (1, 2)}
    load = threading.Thread(target=lambda: errors.extend(publish_all()))
    errors = []

    def publish_all():
        try:
            rig.in_threads([
                lambda topic=topic: publish_until(
                    ending, bridge.port, topic, int(topic[-1]), accepted[topic])
                for topic in accepted])
        except rig.Failure as failure:
            return [failure]
        return []

    load.start()
    try:
        for _ in range(options.restarts):
            time.sleep(rng.uniform(0.1, 1.0))
            broker.stop()
            time.sleep(rng.uniform(0, 0.5))
            broker.start()
            rig.wait_until(
                lambda: bridge.health()["broker"]["state"] == "connected", 60, "a connected bridge")
    finally:
        ending.set()
        load.join()
    if errors:
        raise errors[0]
    rig.wait_until(lambda: bridge.queue() == 0, options.limit, "an empty queue")
    total = sum(len(numbers) for numbers in accepted.values())

    def all_came():
        return (len(subscriber.messages) >= total
                and all(len(reader.messages()) >= total for reader in readers))

    try:
        rig.wait_until(all_came, options.limit, "all messages")
    except rig.Failure:
        counts = [len(reader.messages()) for reader in readers]
        raise rig.Failure(f"of {total}: subscriber {len(subscriber.messages)}, streams {counts}")
    check_streams(readers)
    received = [("the subscriber", ((topic, data) for topic, _, _, data in subscriber.messages))]
    received += [
        (f"the stream {reader.query}",
         ((message["topic"], message["payload"]) for message in reader.messages()))
        for reader in readers]
    repeats = {1: 0, 2: 0}
    for receiver, messages in received:
        check_messages(accepted, receiver, messages, repeats)
    bridge.stop()
    return (f"{options.restarts} restarts, {total} messages on {len(readers)} streams that stayed "
            f"open, {repeats[1]} repeats with QoS 1, {repeats[2]} with QoS 2")


def check_streams(readers):
    for reader in readers:
        if reader.ended:
            raise rig.Failure(f"the stream {reader.query} has ended")
        for name, count in (("bridge.open", 1), ("bridge.gap", 0), ("bridge.error", 0)):
            if len(reader.named(name)) != count:
                raise rig.Failure(f"the stream {reader.query} has {reader.named(name)} of {name}")


def check_messages(accepted, receiver, messages, repeats):
    """Checks what one receiver got, and counts the repeats by QoS."""
    received = {topic: [] for topic in accepted}
    for topic, payload in messages:
        received[topic].append(int(payload))
    try:
        for topic, numbers in accepted.items():
            repeats[int(topic[-1])] += rig.check_order(
                topic, numbers, received[topic], allows_repeats=True)
    except rig.Failure as failure:
        raise rig.Failure(f"{receiver}: {failure}")


if __name__ == "__main__":
    main()
