#!/usr/bin/env python3
"""An outage: the broker is away, the bridge is killed, and nothing that was accepted is lost.

With the broker stopped, messages of random size are published and answered 202. The bridge is
killed with SIGKILL and started again, then the broker. A subscriber that had subscribed before gets
every message byte for byte and in the order of its topic, and with QoS 2 exactly once.
"""

import random
import time

import rig


def publish_all(port, topics, options):
    """Publishes to its topics in turn; returns the digests by topic in order."""
    publisher = rig.Publisher(port)
    sent = {topic: [] for topic, _, _ in topics}
    remaining = {topic: count for topic, _, count in topics}
    rng = random.Random(f"{options.seed}/{topics[0][0]}")
    while any(remaining.values()):
        for topic, qos, _ in topics:
            if not remaining[topic]:
                continue
            remaining[topic] -= 1
            payload = rng.randbytes(rng.randint(0, options.bytes))
            status, body = publisher.publish(topic, payload, qos, ack="stored")
            if status != 202:
                raise rig.Failure(f"a publish was answered {status}: {body[:300]!r}")
            sent[topic].append(rig.digest(payload))
    return sent


def main():
    options = rig.arguments(
        __doc__.splitlines()[0], messages=(10_000, "messages of each QoS"),
        bytes=(65_536, "the largest payload"), connections=(8, "HTTP connections"),
        limit=(600, "seconds until everything must have arrived"))

    def body():
        with rig.stage(options.bridge, "outage/#") as (broker, bridge, subscriber):
            broker.stop()
            return outage(options, broker, bridge, subscriber)

    rig.run("outage", body)


def outage(options, broker, bridge, subscriber):
    share, rest = divmod(options.messages, options.connections)
    work = []
    for index in range(options.connections):
        count = share + (index < rest)
        work.append([(f"outage/{index}/q{qos}", qos, count) for qos in (1, 2)])
    sent = {}
    started = time.monotonic()
    rig.in_threads([
        lambda topics=topics: sent.update(publish_all(bridge.port, topics, options))
        for topics in work])
    total = sum(len(digests) for digests in sent.values())
    rate = total / (time.monotonic() - started)
    print(f"{total} messages answered 202, {rate:.0f} a second; queue {bridge.queue()}", flush=True)
    if bridge.queue() != total:
        raise rig.Failure(f"the queue has {bridge.queue()} messages instead of {total}")

    bridge.kill()
    bridge.start()
    if bridge.queue() != total:
        raise rig.Failure(f"after the restart the queue has {bridge.queue()} of {total} messages")
    started = time.monotonic()
    broker.start()
    rig.wait_until(lambda: bridge.queue() == 0, options.limit, "an empty queue")
    rate = total / (time.monotonic() - started)
    subscriber.wait_for(total)
    bridge.stop()

    received = {topic: [] for topic in sent}
    for topic, qos, value, _ in subscriber.messages:
        if f"q{qos}" != topic.rsplit("/", 1)[1]:
            raise rig.Failure(f"a message on {topic} came with QoS {qos}")
        received[topic].append(value)
    repeats = sum(
        rig.check_order(topic, sent[topic], received[topic], allows_repeats=topic.endswith("q1"))
        for topic in sent)
    return f"{total} messages in order, QoS 2 once, {repeats} QoS 1 repeats, {rate:.0f} a second"


if __name__ == "__main__":
    main()
