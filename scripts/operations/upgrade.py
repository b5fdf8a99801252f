"""Data directories that earlier versions left, opened by the program of today."""

import json
import os
import sqlite3
import subprocess
import time

import rig
from cluster.clients import Stream, ask

FOLDER = os.path.dirname(os.path.abspath(__file__))
# What was written then must not be too old today.
FLAGS = ("--record", "o/#", "--last-value", "o/#", "--history-age", "3650d")

# The message that the idempotency key of schema-5.sql stands for.
KEYED = "01a20b55-aa95-7000-8271-306e45ae9e88"


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def left_by(version, scratch):
    """A data directory of that schema, and what its table of settings has."""
    data = scratch.file(f"data-{version}")
    os.makedirs(data)
    with sqlite3.connect(os.path.join(data, "bridge.sqlite3"), isolation_level=None) as database:
        with open(os.path.join(FOLDER, f"schema-{version}.sql"), encoding="utf-8") as file:
            database.executescript(file.read())
        database.execute("PRAGMA journal_mode = WAL")
        if version > 1:
            # A key lives for 30 days at most.
            database.execute("UPDATE item_keys SET created_at = ?", [int(time.time() * 1000)])
        settings = {key: value.decode() for key, value in database.execute("SELECT key, value FROM settings")}
    database.close()
    if "run" in settings:
        with open(os.path.join(data, "run"), "w", encoding="ascii") as file:
            file.write(settings["run"] + "\n")
    return data, settings


def upgrade(options, scratch):
    told = [play(options, scratch, version) for version in (1, 5)]
    return "; ".join([*told, newer(options, scratch)])


def play(options, scratch, version):
    data, settings = left_by(version, scratch)
    broker = rig.Broker(scratch)
    bridge = rig.Bridge(options.bridge, scratch, broker, *FLAGS, data=data)
    observer = None
    try:
        bridge.start()
        expect(bridge.queue() == 2, f"of two publishes that wait the new program has {bridge.queue()}")
        broker.start()
        observer = rig.Subscriber(broker, "o/wait/#")
        observer.wait_for(2)
        rig.wait_until(lambda: bridge.queue() == 0, 30, "an empty queue")
        got = {(topic, qos, text) for topic, qos, _, text in observer.messages}
        expect(got == {("o/wait/one", 1, b"waited 1"), ("o/wait/two", 2, b"waited 2")}, f"at the broker came {got}")
        with open(bridge.log, encoding="utf-8") as log:
            identity = f"mqtt-bridge-{settings.get('instance', settings['epoch'])}"
            expect(identity in log.read(), f"it is not {identity} to the broker any more")
        if version > 1:
            events(bridge, settings)
        bridge.stop()
    finally:
        bridge.close()
        broker.close()
        if observer:
            observer.close()
    checked = subprocess.run([options.bridge, "store", "check", "--data", data], capture_output=True, text=True, check=False)
    expect(checked.returncode == 0, f"store check: {checked.stdout} {checked.stderr}")
    return f"of schema {version}: {'queue, log, cursor, keys, dead letters' if version > 1 else 'queue and client identifier'}"


def events(bridge, settings):
    """What the event log, and what stands beside it, promised before."""
    kept = json.loads(ask(bridge.port, "GET", "/history?topic=o/%23&limit=4")[1])["messages"]
    expect([message["payload"] for message in kept] == ["work 1", "work 2", "work 3", "on"], f"the log has {kept}")
    expect(kept[0]["id"].startswith(settings["epoch"] + "-3-"), f"the first event is now {kept[0]['id']}")
    stream = Stream(bridge.port, "topic=o/%23", last=kept[1]["id"])
    rig.wait_until(lambda: stream.messages[:2] == ["work 3", "on"], 30, "the rest of a stream of before")
    expect(stream.opened["resumed"] is True, f"a stream of before was told resumed: {stream.opened['resumed']}")
    stream.close()
    # The first of three messages had been acknowledged.
    named = Stream(bridge.port, "subscription=work&auto_ack=true")
    rig.wait_until(lambda: named.messages == ["work 2", "work 3"], 30, "what is behind the cursor")
    named.close()
    letters = json.loads(ask(bridge.admin_port, "GET", "/admin/dead-letters")[1])["dead_letters"]
    expect([letter["topic"] for letter in letters] == ["denied/x"], f"the dead letters are {letters}")
    status, body = ask(bridge.port, "POST", "/publish?topic=o/state&qos=1&retain=true", "on",
                       **{"Idempotency-Key": '"key of before"'})
    expect(status == 200 and json.loads(body)["id"] == KEYED, f"a key of before was answered {status} {body}")
    status, body = ask(bridge.port, "GET", "/topics/o/state")
    expect((status, body) == (200, "on"), f"the last value is answered {status} {body}")


def newer(options, scratch):
    """A database of a version to come is refused, and left as it is."""
    data, _ = left_by(5, Folder(scratch, "newer"))
    path = os.path.join(data, "bridge.sqlite3")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 1000")
    database.close()
    with open(path, "rb") as file:
        before = file.read()
    done = subprocess.run([options.bridge, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", data],
                          capture_output=True, text=True, timeout=60, check=False)
    expect(done.returncode == 73 and "schema 1000" in done.stderr, f"status {done.returncode}: {done.stderr}")
    with open(path, "rb") as file:
        expect(file.read() == before, "the file was changed")
    return "a newer one is refused with status 73, and left as it is"


class Folder:
    """A folder within the scratch folder."""

    def __init__(self, scratch, name):
        self.path = scratch.file(name)
        os.makedirs(self.path)

    def file(self, name):
        return os.path.join(self.path, name)
