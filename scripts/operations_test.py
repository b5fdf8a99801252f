#!/usr/bin/env python3
"""Tries what docs/operations.md says: alerts and dashboard name metrics that exist, backup and restore, failures.

promtool is that of Debian's package prometheus; a broker, a disk that is full and a data directory that is damaged are
made here. The full disk is a small file system, and needs root.
"""

import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from operations import live
from operations.upgrade import upgrade

ALERTS = os.path.join(rig.ROOT, "deploy", "prometheus", "alerts.yml")
DASHBOARD = os.path.join(rig.ROOT, "deploy", "grafana", "mqtt-bridge.json")
METRIC = re.compile(r"\b(?:bridge|process)_[a-z0-9_]+")


def main():
    options = rig.arguments(__doc__.splitlines()[0])
    rig.run("operations-test", lambda: play(options))


def play(options):
    for part in (names, rules, prometheus, unit, backup, broker_away, disk_full, damage, upgrade):
        with rig.Scratch() as scratch:
            print(f"operations-test: {part.__name__}: {part(options, scratch)}", flush=True)
    return "9 parts"


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def read(*path):
    with open(os.path.join(rig.ROOT, *path), encoding="utf-8") as file:
        return file.read()


def expressions():
    """The queries of the dashboard."""
    panels = json.loads(read("deploy", "grafana", "mqtt-bridge.json"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def names(options, scratch):
    """A metric in an alert, the dashboard or the guide is in docs/metrics.md, and each alert is explained."""
    known = set(METRIC.findall(read("docs", "metrics.md")))
    alerts, guide = read("deploy", "prometheus", "alerts.yml"), read("docs", "operations.md")
    reasons = set(re.findall(r"`(\w+)`", read("docs", "http-api.md")))
    for place, text in (("alerts.yml", alerts), ("the dashboard", "\n".join(expressions())), ("operations.md", guide)):
        for name in set(METRIC.findall(text)) - reasons:
            plain = re.sub("_(bucket|sum|count)$", "", name)
            expect(name in known or plain in known, f"{place} names {name}, which docs/metrics.md does not have")
    declared = re.findall(r"- alert: (\w+)", alerts)
    for alert in declared:
        expect(f"`{alert}`" in guide, f"docs/operations.md does not explain {alert}")
    for alert in re.findall(r"`(Bridge[A-Z]\w+)`", guide):
        expect(alert in declared, f"docs/operations.md explains {alert}, which is no alert")
    for name in known - set(METRIC.findall(guide)):
        expect(name in ("bridge_build_info",), f"docs/operations.md does not say what {name} means")
    return f"{len(declared)} alerts, {len(expressions())} queries of the dashboard, {len(known)} metrics"


def rules(options, scratch):
    promtool = shutil.which("promtool")
    if promtool is None:
        return "skipped: there is no promtool (Debian: apt-get install prometheus)"
    recorded = [{"record": f"q:{number}", "expr": expr.replace("$__rate_interval", "5m")}
                for number, expr in enumerate(expressions())]
    queries = scratch.file("queries.yml")
    with open(queries, "w", encoding="utf-8") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": recorded}]}, file)
    for command in (["check", "rules", ALERTS, queries], ["test", "rules", ALERTS.replace(".yml", "_test.yml")]):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"promtool {command[0]}: {done.stdout.strip()} {done.stderr.strip()}")
    return "promtool takes the alerts, their tests and every query of the dashboard"


def prometheus(options, scratch):
    return live.prometheus(options, scratch, expressions())


def unit(options, scratch):
    """systemd takes the unit, which leaves little to somebody who gets in."""
    if shutil.which("systemd-analyze") is None:
        return "skipped: there is no systemd-analyze"
    path = scratch.file("mqtt-bridge.service")
    text = read("deploy", "systemd", "mqtt-bridge.service")
    expect("=/usr/bin/mqtt-bridge " in text, "the unit starts another program")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("=/usr/bin/mqtt-bridge ", f"={os.path.abspath(options.bridge)} "))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False)
    expect(verified.returncode == 0 and not verified.stderr, f"systemd-analyze verify: {verified.stderr.strip()}")
    # In tenths: 10 is nothing at all, 100 no protection.
    judged = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", path],
                            capture_output=True, text=True, check=False)
    level = judged.stdout.strip().split("\n")[-1]
    expect(judged.returncode == 0, f"systemd-analyze security: {level}")
    return level.removeprefix("→ ")


class Client:
    """Requests to one bridge."""

    def __init__(self, bridge):
        self.bridge = bridge

    def ask(self, method, path, body=None, admin=False, **headers):
        port = self.bridge.admin_port if admin else self.bridge.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def publish(self, payload, **query):
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return self.ask("POST", f"/publish?topic=o/x{more}", payload)

    def history(self):
        return [message["payload"] for message in json.loads(self.ask("GET", "/history?topic=o/%23")[1])["messages"]]

    def metric(self, name):
        """Its value, or the sum of those with labels, at one moment."""
        lines = self.ask("GET", "/metrics", admin=True)[1].split("\n")
        found = [float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{name}[ {{]", line)]
        expect(found, f"there is no metric {name}")
        return sum(found)

    def is_connected(self):
        return self.bridge.health()["broker"]["state"] == "connected"


def backup(options, scratch):
    """Both kinds of copy, put into an empty directory, have what was there and what had not gone out."""
    broker = rig.Broker(scratch).start()
    place = scratch.file("copies")
    os.makedirs(place)
    bridge = rig.Bridge(options.bridge, scratch, broker, "--record", "o/#", "--backups", place).start()
    client = Client(bridge)
    restored = None
    try:
        rig.wait_until(client.is_connected, 30, "a broker")
        expect(client.publish("first")[0] == 200, "a publish failed")
        rig.wait_until(lambda: client.history() == ["first"], 30, "the event")
        last = json.loads(client.ask("GET", "/history?topic=o/%23")[1])["last_event_id"]
        broker.stop()
        expect(client.publish("waiting", ack="stored")[0] == 202, "a publish without a broker was not stored")
        status, body = client.ask("POST", "/admin/backup", admin=True)
        expect(status == 201, f"/admin/backup was answered {status} {body}")
        other = scratch.file("other.sqlite3")
        folder = bridge.command[bridge.command.index("--data") + 1]
        subprocess.run([options.bridge, "store", "backup", "--data", folder, other], check=True, capture_output=True)
        bridge.kill()
        for number, copy in enumerate((os.path.join(place, json.loads(body)["file"]), other)):
            data = scratch.file(f"restored-{number}")
            os.makedirs(data)
            shutil.copy(copy, os.path.join(data, "bridge.sqlite3"))
            subprocess.run([options.bridge, "store", "check", "--data", data], check=True, capture_output=True)
            restored = rig.Bridge(options.bridge, scratch, broker, "--record", "o/#", data=data).start()
            client = Client(restored)
            expect(client.history() == ["first"], f"the restored log has {client.history()}")
            expect(restored.queue() == 1, "the restored queue does not have what waited")
            if number:
                break
            restored.kill()
        broker.start()
        rig.wait_until(lambda: client.history() == ["first", "waiting"], 30, "what had waited")
        status, body = client.ask("GET", f"/subscribe?poll=1&topic=o/%23&last_event_id={last}")
        expect(json.loads(body).get("resumed") == "approximate", f"a stream with an old id was told {body}")
    finally:
        bridge.close()
        broker.close()
        if restored:
            restored.close()
    return "copies of /admin/backup and of store backup were restored: log, queue, and resuming by time"


def broker_away(options, scratch):
    broker = rig.Broker(scratch).start()
    bridge = rig.Bridge(options.bridge, scratch, broker).start()
    client = Client(bridge)
    try:
        rig.wait_until(client.is_connected, 30, "a broker")
        broker.stop()
        rig.wait_until(lambda: client.metric("bridge_mqtt_connected") == 0, 30, "the outage in the metrics")
        expect(client.ask("GET", "/healthz/ready", admin=True)[0] == 200, "without a broker the bridge is not ready")
        expect(client.publish("x", ack="stored")[0] == 202, "QoS 1 was not stored")
        expect(client.publish("x", qos=0)[0] == 503, "QoS 0 was not refused")
        expect("last_error" in bridge.health()["broker"], "/healthz does not say why")
        waiting = client.metric("bridge_queue_messages")
        expect(waiting == 1, f"the metrics say that {waiting:.0f} messages wait")
        broker.start()
        rig.wait_until(lambda: bridge.queue() == 0, 60, "an empty queue")
    finally:
        bridge.close()
        broker.close()
    return "ready, 202 for QoS 1, 503 for QoS 0, and the queue empties by itself"


def disk_full(options, scratch):
    if os.geteuid() != 0:
        return "skipped: only root can mount a small file system"
    place = tempfile.mkdtemp(prefix="mqtt-bridge-small-")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", place]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        os.rmdir(place)
        return "skipped: no file system can be mounted here"
    broker = rig.Broker(scratch).start()
    bridge = rig.Bridge(options.bridge, scratch, broker, data=place)
    client = Client(bridge)
    try:
        bridge.start()
        rig.wait_until(client.is_connected, 30, "a broker")
        answers = [client.publish("x" * 300_000) for _ in range(6)]
        expect(answers[-1][0] == 507 and json.loads(answers[-1][1])["kept"] is False, f"the answer was {answers[-1]}")
        status, body = client.ask("GET", "/healthz/ready", admin=True)
        expect(status == 503 and "store" in body, f"the ready probe was answered {status} {body}")
        with open(bridge.log, encoding="utf-8") as log:
            expect('"message":"store cannot write"' in log.read(), "the log does not say it")
        subprocess.run(["mount", "-o", "remount,size=50m", place], check=True)
        rig.wait_until(lambda: client.ask("GET", "/healthz/ready", admin=True)[0] == 200,
                       60, "a bridge that is ready by itself")
        expect(client.publish("x")[0] == 200, "a publish failed when there was room again")
    finally:
        bridge.close()
        broker.close()
        subprocess.run(["umount", place], check=True)
        os.rmdir(place)
    return "507, not ready, a line in the log, and ready again by itself"


def damage(options, scratch):
    """A file that is no database is refused, and left as it is."""
    data = scratch.file("damaged")
    os.makedirs(data)
    path = os.path.join(data, "bridge.sqlite3")
    noise = os.urandom(90_000)
    with open(path, "wb") as file:
        file.write(noise)
    done = subprocess.run(
        [options.bridge, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", data],
        capture_output=True, text=True, timeout=60, check=False)
    expect(done.returncode == 73 and "SQLite" in done.stderr, f"status {done.returncode}: {done.stderr}")
    with open(path, "rb") as file:
        expect(file.read() == noise, "the file was changed")
    return "a damaged database is refused with status 73 and left as it is"


if __name__ == "__main__":
    main()
