"""A Prometheus that reads a bridge: the dashboard's queries have answers, and failures raise the alerts that the guide names."""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import rig
from cluster.clients import Stream, ask

ALERTS = os.path.join(rig.ROOT, "deploy", "prometheus", "alerts.yml")
SCRAPE = """
global: {{scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 250ms}}
rule_files: ["{alerts}"]
scrape_configs:
  - job_name: mqtt-bridge
    static_configs: [{{targets: ["127.0.0.1:{admin}"]}}]
"""
WEBHOOK = """
webhooks:
  receiver: {{topics: "o/#", url: "http://127.0.0.1:{port}/"}}
  nobody: {{topics: "o/nobody", url: "http://127.0.0.1:{closed}/"}}
"""


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


class Receiver(http.server.ThreadingHTTPServer):
    """Takes what a webhook sends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Prometheus:
    """Debian's, with the alerts of deploy/prometheus, every quarter of a second."""

    def __init__(self, scratch, bridge):
        self.port = rig.free_port()
        path = scratch.file("prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SCRAPE.format(alerts=ALERTS, admin=bridge.admin_port))
        log = open(scratch.file("prometheus.log"), "wb")
        self.process = subprocess.Popen(["prometheus", f"--config.file={path}", f"--web.listen-address=127.0.0.1:{self.port}",
                                         f"--storage.tsdb.path={scratch.file('tsdb')}"], stdout=log, stderr=log)
        rig.wait_until(lambda: self.has_answer("up == 1"), 60, "a scrape by Prometheus")

    def get(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def has_answer(self, query):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            return self.get("query", query=query)["result"]
        return None

    def raised(self):
        return {alert["labels"]["alertname"] for alert in self.get("alerts")["alerts"]}

    def close(self):
        self.process.kill()
        self.process.wait()


class Scene:
    """A bridge with webhooks, of which one has no receiver, and a broker that allows only what is below o/."""

    def __init__(self, options, scratch):
        self.receiver, self.raised = Receiver(), []
        self.broker = rig.Broker(scratch)
        rules, settings = scratch.file("acl"), scratch.file("bridge.yaml")
        webhooks = WEBHOOK.format(port=self.receiver.server_port, closed=rig.free_port())
        for path, text in ((rules, "topic readwrite o/#\n"), (settings, webhooks)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(scratch.file("mosquitto.conf"), "a", encoding="utf-8") as file:
            file.write(f"acl_file {rules}\n")
        self.sessions = scratch.file("broker/mosquitto.db")
        self.broker.start()
        self.bridge = rig.Bridge(options.bridge, scratch, self.broker, "--config", settings, "--record", "o/#").start()
        self.prometheus = Prometheus(scratch, self.bridge)

    def publish(self, topic, **query):
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return ask(self.bridge.port, "POST", f"/publish?topic={topic}&qos=1{more}", "x")[0]

    def is_connected(self):
        return self.bridge.health()["broker"]["state"] == "connected"

    def expect_alert(self, name):
        rig.wait_until(lambda: name in self.prometheus.raised(), 30, f"the alert {name}")
        self.raised.append(name)

    def close(self):
        self.prometheus.close()
        self.bridge.close()
        self.broker.close()
        self.receiver.shutdown()
        self.receiver.server_close()


def prometheus(options, scratch, queries):
    if shutil.which("prometheus") is None:
        return "skipped: there is no prometheus (Debian: apt-get install prometheus)"
    scene = Scene(options, scratch)
    try:
        dashboard(scene, queries)
        failures(scene)
    finally:
        scene.close()
    return f"{len(queries)} queries of the dashboard have answers; failures raised {', '.join(scene.raised)}"


def dashboard(scene, queries):
    rig.wait_until(scene.is_connected, 30, "a broker")
    stream = Stream(scene.bridge.port, "topic=o/%23")
    # A counter that comes into being has no rate before it grows.
    for query in queries:
        query = query.replace("$__rate_interval", "1m").replace("$instance", ".+")

        def is_answered():
            expect(scene.publish("o/x") == 200, "a publish failed")
            return scene.prometheus.has_answer(query)

        rig.wait_until(is_answered, 20, f"an answer to {query}")
    expect(not scene.prometheus.raised(), f"a bridge that is well raises {scene.prometheus.raised()}")
    stream.close()


def failures(scene):
    """Each as docs/operations.md describes it."""
    expect(scene.publish("forbidden", ack="stored") == 202, "a publish was not stored")
    scene.expect_alert("BridgeDeadLetters")
    expect(scene.publish("o/nobody") == 200, "a publish failed")
    scene.expect_alert("BridgeWebhookFails")
    scene.broker.stop()
    scene.expect_alert("BridgeBrokerAway")
    os.remove(scene.sessions)
    scene.broker.start()
    rig.wait_until(scene.is_connected, 60, "a broker")
    scene.expect_alert("BridgeSessionLost")
    ask(scene.bridge.admin_port, "POST", "/admin/drain")

    def is_refused():
        expect(scene.publish("o/x") == 503, "a bridge that is drained takes a publish")
        return "BridgeRefusesPublishes" in scene.prometheus.raised()

    rig.wait_until(is_refused, 30, "the alert BridgeRefusesPublishes")
    scene.expect_alert("BridgeNotReady")
    for _ in range(3):
        scene.bridge.kill()
        scene.expect_alert("BridgeDown")
        scene.bridge.start()
        rig.wait_until(lambda: "BridgeDown" not in scene.prometheus.raised(), 30, "a scrape of the new process")
    scene.expect_alert("BridgeRestarts")
    scene.raised = sorted({*scene.raised, "BridgeRefusesPublishes"})
