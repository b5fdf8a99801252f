#!/usr/bin/env python3
"""Three bridges behind HAProxy on three nodes of nats-server with JetStream, then of RabbitMQ: docs/scaling.md, tried.

nats-server comes from scripts/requirements.txt, HAProxy and RabbitMQ from Debian. What is asserted is what arrives, not how fast.
"""

import contextlib
import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from cluster import brokers, rabbits
from cluster.clients import Load, Stream, ask
from cluster.nodes import Cluster, Endpoint, Nodes
from cluster.rabbits import Rabbits

PUBLISHERS = 6


def main():
    options = rig.arguments(__doc__.splitlines()[0], part=("", "one part, such as kill_node or rabbit_kill_node"))
    rig.run("cluster-test", lambda: play(options))


def play(options):
    names = ("anywhere", "retained", "resume", "shared", "costs", "kill_bridge", "kill_node")
    done = 0
    for kind, nodes, parts in (("", Nodes, names), ("rabbit_", Rabbits, [name for name in names if name != "costs"])):
        chosen = [name for name in parts if options.part in ("", kind + name)]
        if not chosen:
            continue
        if nodes is Rabbits and not rabbits.is_installed():
            print(f"cluster-test: {kind}…: skipped: {rabbits.HINT}", flush=True)
            continue
        with rig.Scratch() as scratch, Cluster(options, scratch, nodes(scratch)) as cluster:
            settle(cluster)
            for name in chosen:
                print(f"cluster-test: {kind}{name}: {globals()[name](cluster)}", flush=True)
        done += len(chosen)
    for part in (brokers.mosquitto, brokers.nats, brokers.rabbitmq):
        if options.part in ("", part.__name__):
            with rig.Scratch() as scratch:
                print(f"cluster-test: {part.__name__}: {part(options, scratch)}", flush=True)
            done += 1
    return f"{done} parts"


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def history(bridge, topic):
    body = json.loads(ask(bridge.port, "GET", f"/history?topic={topic.replace('#', '%23')}&limit=1000")[1])
    return [message["payload"] for message in body["messages"]]


def settle(cluster):
    """A node says that it subscribed before all of the cluster knows: what is published until then may pass by."""
    count = 0

    def is_everywhere():
        nonlocal count
        count += 1
        rig.Publisher(cluster.http).publish("c/settle", f"{count}".encode(), 1)
        with contextlib.suppress(rig.Failure):
            rig.wait_until(lambda: all(f"{count}" in history(bridge, "c/settle") for bridge in cluster.bridges), 1, "all")
            return True
        return False

    rig.wait_until(is_everywhere, 60, "a message at every bridge")


def anywhere(cluster):
    """What is published at any bridge comes out of each, in the order of its publisher."""
    streams = [Stream(bridge.port, "topic=c/any/%23") for bridge in cluster.bridges]
    sent = {}
    try:
        for number, bridge in enumerate(cluster.bridges):
            publisher = rig.Publisher(bridge.port)
            sent[number] = [f"any-{number}-{count}" for count in range(50)]
            for payload in sent[number]:
                status, body = publisher.publish(f"c/any/{number}", payload.encode(), 1)
                expect(status == 200, f"a publish was answered {status} {body}")
        for stream in streams:
            rig.wait_until(lambda: len(stream.messages) >= 150, 60, "150 messages on each stream")
            for number, payloads in sent.items():
                got = [payload for payload in stream.messages if payload.startswith(f"any-{number}-")]
                expect(got == payloads, f"from bridge {number} came {len(got)} messages, or in another order")
    finally:
        for stream in streams:
            stream.close()
    return "150 publishes at three bridges, all of them on a stream at each"


def retained(cluster):
    """A retained message is there for the bridge that published it; whether for others is the broker's choice."""
    status, body = rig.Publisher(cluster.bridges[0].port).publish("c/kept", b"kept", 1, retain="true")
    expect(status == 200, f"a publish was answered {status} {body}")
    answers = [ask(bridge.port, "GET", "/topics/c/kept") for bridge in cluster.bridges]
    expect(answers[0] == (200, "kept"), f"at the bridge that published it: {answers[0]}")
    everywhere = all(answer == (200, "kept") for answer in answers)
    expect(everywhere or not cluster.nodes.SHARES_RETAINED, f"the three bridges were answered {answers}")
    return f"a retained message is seen by {sum(status == 200 for status, _ in answers)} of three bridges"


def resume(cluster):
    """A stream that comes to another replica goes on there, and is told that it is approximate."""
    first, second = cluster.bridges[:2]
    # It goes back 5 s, and the log of the other must begin before.
    rig.wait_until(lambda: second.health()["uptime_seconds"] > 6, 30, "a log that begins early enough")
    stream = Stream(first.port, "topic=c/resume")
    publisher = rig.Publisher(cluster.http)
    sent = [f"resume-{count}" for count in range(60)]
    for payload in sent[:30]:
        expect(publisher.publish("c/resume", payload.encode(), 1)[0] == 200, "a publish failed")
    rig.wait_until(lambda: len(stream.messages) == 30, 30, "the first half")
    stream.close()
    for payload in sent[30:]:
        expect(publisher.publish("c/resume", payload.encode(), 1)[0] == 200, "a publish failed")
    again = Stream(second.port, "topic=c/resume", last=stream.ids[-1])
    try:
        expect(again.opened["resumed"] == "approximate", f"bridge.open says resumed: {again.opened['resumed']}")
        rig.wait_until(lambda: set(sent[30:]) <= set(again.messages), 30, "the second half at the other replica")
        expect(not again.gaps, f"a stream was told of gaps: {again.gaps}")
        foreign = Stream(first.port, "topic=c/resume", last=again.ids[-1])
        expect(foreign.opened["resumed"] == "approximate", "the way back is not approximate")
        foreign.close()
        own = Stream(second.port, "topic=c/resume", last=again.ids[-1])
        expect(own.opened["resumed"] is True, f"the same replica says resumed: {own.opened['resumed']}")
        own.close()
    finally:
        again.close()
    repeats = len(again.messages) - 30
    return f"approximate at another replica, nothing missing, {repeats} messages twice; exact at the same one"


def shared(cluster):
    """Consumers of a shared named subscription, through the gateway, divide what comes."""
    body = json.dumps({"topics": ["c/work/#"], "shared": True, "qos": 1})
    status, text = ask(cluster.http, "PUT", "/subscriptions/work", body, **{"Content-Type": "application/json"})
    expect(status == 201, f"a named subscription was answered {status} {text}")
    owners = [ask(bridge.port, "GET", "/subscriptions/work")[0] for bridge in cluster.bridges]
    expect(sorted(owners) == [200, 404, 404], f"the three bridges say {owners}")
    consumers = [Stream(cluster.http, "subscription=work&auto_ack=true") for _ in range(3)]
    try:
        publisher = rig.Publisher(cluster.http)
        sent = [f"work-{count}" for count in range(300)]
        for payload in sent:
            expect(publisher.publish("c/work/x", payload.encode(), 1)[0] == 200, "a publish failed")
        rig.wait_until(lambda: sum(len(consumer.messages) for consumer in consumers) >= 300, 60, "everything")
        shares = [len(consumer.messages) for consumer in consumers]
        everything = [payload for consumer in consumers for payload in consumer.messages]
        expect(sorted(everything) == sorted(sent), f"{len(everything)} messages for {len(sent)}")
        expect(min(shares) > 0, f"the shares are {shares}")
    finally:
        for consumer in consumers:
            consumer.close()
    return f"300 messages among three consumers: {shares}; the name is on one bridge, and the gateway finds it"


def processor(bridge):
    """The processor seconds that a bridge has used."""
    with open(f"/proc/{bridge.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def burst(bridge, topic, total):
    """So many publishes with QoS 1 at one bridge, by eight publishers."""
    def publish(number):
        publisher = rig.Publisher(bridge.port)
        for count in range(total // 8):
            status, body = publisher.publish(topic, f"{number}-{count}".encode(), 1)
            expect(status in (200, 202), f"a publish was answered {status} {body}")

    rig.in_threads([lambda number=number: publish(number) for number in range(8)])


def costs(cluster):
    """What a message costs the bridge that takes it, a bridge that wants it, and each of its streams."""
    total, watchers = 2000, 25
    sender, keeper, server = cluster.bridges
    started = [processor(bridge) for bridge in cluster.bridges]
    burst(sender, "c/quiet", total)
    taken = processor(sender) - started[0]
    idle = processor(keeper) - started[1]
    before = processor(keeper)
    burst(sender, "c/any/cost", total)
    rig.wait_until(lambda: json.loads(ask(keeper.port, "GET", "/history?topic=c/any/cost&limit=1")[1])["messages"], 30, "log")
    logged = processor(keeper) - before
    streams = [Stream(server.port, "topic=c/any/%23") for _ in range(watchers)]
    try:
        before = processor(server)
        burst(sender, "c/any/cost", total)
        for stream in streams:
            rig.wait_until(lambda: len(stream.messages) >= total, 60, "everything on each stream")
        served = processor(server) - before
    finally:
        for stream in streams:
            stream.close()
    micro = 1e6 / total
    return (f"processor time for a message: {taken * micro:.0f} us where it is published, {logged * micro:.0f} us where it is "
            f"logged, {(served - logged) * micro / watchers:.1f} us for each stream; {idle * micro:.0f} us where nobody wants it")


def is_observed(bridge, observer):
    """Whether a message of a bridge comes to the observer soon."""
    payload = f"observed {bridge.port} {len(observer.messages)}".encode()
    rig.Publisher(bridge.port).publish("c/load/observed", payload, 1)
    with contextlib.suppress(rig.Failure):
        rig.wait_until(lambda: rig.digest(payload) in {message[2] for message in list(observer.messages)}, 1, "it")
        return True
    return False


def under_load(cluster, name, blow):
    """Publishes through the gateway while something is killed and comes back; compares with an observer at the broker."""
    observer = rig.Subscriber(Endpoint(cluster.mqtt), "c/load/#", f"observer-{name}")
    stopped = threading.Event()
    loads = [Load(cluster.http, f"{name}-{number}", stopped) for number in range(PUBLISHERS)]

    def total():
        return sum(len(load.promised) for load in loads)

    def more(count, what):
        goal = total() + count
        rig.wait_until(lambda: total() >= goal, 120, what)

    try:
        # As in settle: the observer is there when what is published at any bridge comes to it.
        for bridge in cluster.bridges:
            rig.wait_until(lambda: is_observed(bridge, observer), 60, "a message of each bridge at the observer")
        for load in loads:
            load.start()
        more(300, "publishes before")
        blow(more)
        more(300, "publishes afterwards")
    finally:
        stopped.set()
        for load in loads:
            load.join(60)
    problems = [problem for load in loads for problem in load.problems]
    expect(not problems, f"{len(problems)} publishes were refused for good: {problems[:3]}")
    promised = {rig.digest(payload.encode()) for load in loads for payload in load.promised}
    def missing():
        return promised - {message[2] for message in list(observer.messages)}

    try:
        with contextlib.suppress(rig.Failure):
            rig.wait_until(lambda: not missing(), 120, "all at the observer")
        left = missing()
        places = [f"{index} of {load.number}" for load in loads for index, payload in enumerate(load.promised)
                  if rig.digest(payload.encode()) in left]
        expect(not places, f"{len(places)} of {len(promised)} promised messages are not at the observer, such as {places[:10]}")
        rig.wait_until(lambda: all(bridge.queue() == 0 for bridge in cluster.bridges), 60, "empty queues")
    finally:
        observer.close()
    again = sum(load.attempts for load in loads) - len(promised)
    twice = len(observer.messages) - len({message[2] for message in observer.messages})
    return f"{len(promised)} promised publishes, none lost; {again} were sent again by their publishers, {twice} came twice"


def kill_bridge(cluster):
    victim = cluster.bridges[1]

    def blow(more):
        victim.kill()
        more(200, "publishes with two bridges")
        victim.start()

    return under_load(cluster, "bridge", blow)


def kill_node(cluster):
    """The node that has most of the bridges."""
    before = [bridge.health()["broker"]["reconnects"] for bridge in cluster.bridges]

    def blow(more):
        for node in cluster.nodes.all:
            node.kill()
            more(200, f"publishes without {node.name}")
            node.start()
            rig.wait_until(cluster.nodes.are_well, 300, f"{node.name} in step again")
            # Quorum is two of three: the next may go when this one is back.
            rig.wait_until(cluster.is_connected, 60, "bridges that are connected again")

    told = under_load(cluster, "node", blow)
    after = [bridge.health()["broker"]["reconnects"] for bridge in cluster.bridges]
    moved = sum(after) - sum(before)
    expect(moved > 0, "no bridge was on a node that was killed: nothing was tried")
    return f"each of three nodes in turn: {told}; bridges changed nodes {moved} times"


if __name__ == "__main__":
    main()
