#!/usr/bin/env python3
"""Plays what schemathesis makes of openapi.yaml against an open and a guarded bridge, both servers.

Every request is a case: valid ones, broken ones, and sequences. What must hold for their answers stands in
scripts/api/schemathesis.toml, with the reason for each exception.
"""

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import guarded
import rig
from api.responder import Responder

FOLDER = os.path.join(rig.ROOT, "scripts", "api")
ADMIN = "^/(healthz|metrics|admin)"
RUNS = {False: ("open-public", "open-admin"), True: ("guarded-public", "guarded-admin", "guarded-peers")}
PEERS = ("ann", "bob")
"""Callers with the same rights, of whom neither may see what belongs to the other."""
OWNED = ("publish", "message", "putSubscription", "getSubscription", "deleteSubscription")
"""The operations that make and read what has an owner."""
TRIES = 2
CASES = 10_000
"""So many at least are played in all, or something has switched most of them off."""


def main():
    options = rig.arguments(__doc__.splitlines()[0], examples=(10, "random cases of an operation"),
                            only=("", "one run: open-public, open-admin, guarded-public, guarded-admin, guarded-peers"),
                            operation=("", "one operation, by its operationId"))
    rig.run("api-test", lambda: play(options))


def play(options):
    total = 0
    failed = []
    for is_guarded in (False, True):
        with rig.Scratch() as scratch:
            broker = rig.Broker(scratch).start()
            bridge = rig.Bridge(options.bridge, scratch, broker, *flags(scratch, is_guarded))
            responder = None
            try:
                bridge.start()
                responder = Responder(broker.port)
                reaper = Reaper(bridge, is_guarded)
                document = write_document(scratch, is_guarded)
                for name in RUNS[is_guarded]:
                    if options.only not in ("", name):
                        continue
                    cases, status = tried(options, name, document, bridge, scratch)
                    total += cases
                    if status != 0:
                        failed.append(name)
                    if bridge.process.poll() is not None:
                        raise rig.Failure(f"the bridge ended in {name}")
                reaper.stop()
                bridge.stop()
            finally:
                bridge.close()
                broker.close()
                if responder:
                    responder.close()
    if failed:
        raise rig.Failure(f"see above: {', '.join(failed)}")
    if total < CASES and not (options.only or options.operation):
        raise rig.Failure(f"only {total} cases were played, and not {CASES}")
    return f"{total} cases, no failure"


class Reaper:
    """Ends every stream after a moment, as an operator may: a client that waits for its end would wait for ever."""

    def __init__(self, bridge, is_guarded):
        self.port = bridge.admin_port
        self.headers = {"Authorization": f"Bearer {token()}"} if is_guarded else {}
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        known = set()
        while not self.stopped.wait(0.5):
            try:
                page = json.loads(self.ask("GET", "/admin/connections?limit=1000"))
                for name in known.intersection(each["id"] for each in page["connections"]):
                    self.ask("DELETE", f"/admin/connections/{name}")
                known = {each["id"] for each in page["connections"]}
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                continue

    def ask(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            connection.request(method, path, headers=self.headers)
            return connection.getresponse().read()

    def stop(self):
        self.stopped.set()
        self.thread.join()


def token():
    return guarded.token("tester", guarded.EVERYTHING)


RIGHTS = {right: value for right, value in guarded.EVERYTHING.items() if right != "admin"}


def flags(scratch, is_guarded):
    """What both bridges are started with: every route, and short waits."""
    backups = scratch.file("backups")
    os.makedirs(backups)
    given = ["--emqx-api", "true", "--mqtt-tunnel", "true", "--backups", backups, "--last-value", "sensors/# kept/#",
             "--retained-wait", "50ms", "--ack-wait", "2s"]
    return guarded.flags(scratch, *given) if is_guarded else given


def write_document(scratch, is_guarded):
    """openapi.yaml; for the guarded bridge without the choice to show no credential."""
    with open(os.path.join(rig.ROOT, "openapi.yaml"), encoding="utf-8") as file:
        document = yaml.safe_load(file)
    if is_guarded:
        operations = [operation for item in document["paths"].values()
                      for operation in item.values() if isinstance(operation, dict)]
        for holder in [document, *operations]:
            if any(holder.get("security", [])):
                holder["security"] = [entry for entry in holder["security"] if entry]
    path = scratch.file("openapi.yaml")
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(document, file, sort_keys=False)
    return path


def credentials(name, scratch):
    """What tells schemathesis who asks: nothing, a token with every right, or a configuration with the peers."""
    config = os.path.join(FOLDER, "schemathesis.toml")
    if name.startswith("open"):
        return ["--config-file", config], []
    if not name.endswith("peers"):
        return ["--config-file", config], ["--header", f"Authorization: Bearer {token()}"]
    people = [{"name": peer, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {guarded.token(peer, RIGHTS)}"}]}
              for peer in PEERS]
    path, known = scratch.file("schemathesis.toml"), scratch.file("peers.json")
    with open(known, "w", encoding="utf-8") as file:
        json.dump({"auth": people}, file)
    with open(config, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{text}\n[auth.wfc]\npath = {json.dumps(known)}\npeers = {json.dumps(PEERS)}\n")
    return ["--config-file", path], []


def tried(options, name, document, bridge, scratch):
    """A run; again where Python itself has failed inside schemathesis, which happens with Python 3.11.

    There the threads of a process share the depth that its parser counts, so the last try has one worker.
    """
    for _ in range(TRIES - 1):
        cases, status, text = run(options, name, document, bridge, scratch)
        if status == 0 or "AST constructor recursion depth mismatch" not in text or "FAILURES" in text:
            return cases, status
        print(f"==> {name}: Python failed inside schemathesis; once more", flush=True)
    return run(options, name, document, bridge, scratch, workers=1)[:2]


def run(options, name, document, bridge, scratch, workers=2):
    """One run of schemathesis; the number of cases, the status, and everything it said."""
    port = bridge.admin_port if name.endswith("admin") else bridge.port
    config, header = credentials(name, scratch)
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"),
        *config, "run", document,
        "--url", f"http://127.0.0.1:{port}", "--seed", str(options.seed), "--no-color",
        "--max-examples", str(options.examples), "--workers", str(workers),
        "--include-path-regex" if name.endswith("admin") else "--exclude-path-regex", ADMIN]
    if options.operation:
        command += ["--include-operation-id", options.operation]
    if name.endswith("peers"):
        command += ["--phases", "stateful"] + [word for each in OWNED for word in ("--include-operation-id", each)]
    command += header
    print(f"==> {name}, seed {options.seed}", flush=True)
    output = []
    with subprocess.Popen(command, cwd=os.path.dirname(document), env=os.environ | {"PYTHONPATH": FOLDER}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace") as process:
        for line in process.stdout:
            output.append(line)
            sys.stdout.write(line)
            sys.stdout.flush()
    text = "".join(output)
    found = re.findall(r"(\d[\d,]*) generated", text)
    return int(found[-1].replace(",", "")) if found else 0, process.returncode, text


if __name__ == "__main__":
    main()
