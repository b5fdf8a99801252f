"""Plays the blocks of one document with a broker, and bridges that the document starts or that are there for it."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import rig
import yaml
from documents import blocks

SUBSCRIPTION = re.compile(r"^\d+: \S+ [012] \S+$")
SETTING = re.compile(r"<!-- bridge:(.*?)-->")


# An answer that is an error makes curl fail here, so that a block that shows one cannot pass by itself.
CURL = """#!/bin/sh
case " $* " in *" -sf"*|*" -f "*) exec {curl} "$@" ;; *) exec {curl} --no-progress-meter --fail-with-body "$@" ;; esac
"""
# Places of an installed bridge, which here are in the folder of the document.
PLACES = re.compile(r"(?<![\w.])/(?=(?:etc/mqtt-bridge|var/lib/mqtt-bridge|backup)/)")


class Player:
    """One document."""

    def __init__(self, program, path, scratch, broker, page):
        self.path, self.scratch, self.page = path, scratch, page
        self.folder = scratch.file("work")
        os.makedirs(self.folder)
        self.ports = {"1883": str(broker.port), "8080": str(rig.free_port()), "9090": str(rig.free_port()), "9000": str(rig.free_port())}
        programs = scratch.file("bin")
        os.makedirs(programs)
        os.symlink(os.path.abspath(program), os.path.join(programs, "mqtt-bridge"))
        with open(os.path.join(programs, "curl"), "w", encoding="utf-8") as file:
            file.write(CURL.format(curl=shutil.which("curl")))
        os.chmod(os.path.join(programs, "curl"), 0o755)
        os.makedirs(os.path.join(self.folder, "backup"))
        self.values = {}
        self.before = ""
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MQTT_BRIDGE_", "BRIDGE_"))},
            "PATH": ":".join([programs, os.path.dirname(sys.executable), os.environ["PATH"]]),
            "HOME": self.folder,
            "MQTT_BRIDGE_BROKER": f"mqtt://127.0.0.1:{self.ports['1883']}",
            "MQTT_BRIDGE_LISTEN": f"127.0.0.1:{self.ports['8080']}",
            "MQTT_BRIDGE_ADMIN_LISTEN": f"127.0.0.1:{self.ports['9090']}",
            "TOKEN": "t",
            "DOCUMENTS": os.path.dirname(os.path.abspath(__file__)),
            "BRIDGE_URL": f"http://127.0.0.1:{self.ports['8080']}",
        }
        self.followers = []
        self.last = None

    def play(self):
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        setting = SETTING.search(text)
        try:
            if setting:
                self.follow("mqtt-bridge --data ./data " + self.ported(setting[1].strip()))
            try:
                found = blocks.read(text)
            except ValueError as error:
                raise rig.Failure(f"{os.path.relpath(self.path, rig.ROOT)}: {error}") from error
            for block in found:
                self.block(block)
        finally:
            self.end()
        return sum(not block.reason for block in found), sum(bool(block.reason) for block in found)

    def block(self, block):
        where = f"{os.path.relpath(self.path, rig.ROOT)}:{block.line}"
        text = self.ported(block.text)
        name = block.value("file")
        if block.reason:
            self.look(block, where)
        elif name:
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        elif block.value("copy"):
            with open(os.path.join(rig.ROOT, block.value("copy")), encoding="utf-8") as file:
                if not blocks.is_copy(block.text, file.read()):
                    raise rig.Failure(f"{where}: {block.value('copy')} has not these lines")
        elif block.is_output:
            self.compare(block, where)
        elif block.language == "value":
            name, _, command = block.text.partition(" = ")
            self.values[name] = self.run(self.ported(command), where).strip()
        elif block.language == "before":
            self.before = text
        elif block.language == "run":
            last = self.last
            self.run(text, where)
            self.last = last
        elif block.language == "follow" or (block.language == "sh" and "follow" in block.words):
            self.follow(text)
        elif block.language == "sh":
            self.run(text, where, "refused" in block.words)
        elif block.language == "js":
            self.last = lambda value=self.script(self.before + text, where): value
            self.before = ""
        elif block.language in ("json", "yaml"):
            self.data(block, text, where)
        else:
            raise rig.Failure(f"{where}: a block '{block.info}' is not executed, and no comment says why: <!-- shown: … -->")

    def look(self, block, where):
        """What can be said of a command without running it: bash understands it, and make knows its targets."""
        if block.language != "sh":
            return
        read = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
        with open(os.path.join(rig.ROOT, "Makefile"), encoding="utf-8") as file:
            targets = set(re.findall(r"^([a-z-]+):", file.read(), re.MULTILINE))
        unknown = set(re.findall(r"^make ([a-z-]+)", block.text, re.MULTILINE)) - targets
        if read.returncode != 0 or unknown:
            raise rig.Failure(f"{where}: {read.stderr} {unknown or ''}")

    def data(self, block, text, where):
        """A file is what it says it is; a configuration passes check-config."""
        try:
            json.loads(text) if block.language == "json" else yaml.safe_load(text)
        except ValueError as error:
            raise rig.Failure(f"{where}: {error}") from error
        if not block.words:
            return
        for path in re.findall(r"_file: (\S+)", text):
            os.makedirs(os.path.join(self.folder, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(self.folder, path), "w", encoding="utf-8") as file:
                file.write("0123456789abcdef0123456789abcdef")
        name = f".{block.words[0]}.yaml"
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        flag = {"config": "--config", "access": "--access-file"}[block.words[0]]
        self.run(f"mqtt-bridge check-config {flag} {name}", where)

    def ported(self, text):
        for name, value in self.values.items():
            text = text.replace(name, value)
        text = PLACES.sub("", text)
        text = re.sub(r"(http|ws)s://bridge\.example", r"\1://127.0.0.1:8080", text)
        return re.sub(r"(?<![\d.])(1883|8080|9090|9000)(?!\d)", lambda match: self.ports[match[0]], text)

    def run(self, text, where, is_refused=False):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        if (done.returncode != 0) != is_refused:
            raise rig.Failure(f"{where}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        self.last = lambda: done.stdout
        return done.stdout

    def follow(self, text):
        before = self.subscriptions()
        name = os.path.join(self.folder, f".follow-{len(self.followers)}")
        with open(name, "w", encoding="utf-8") as output:
            process = subprocess.Popen(["bash", "-c", text],
                                       cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.followers.append(process)

        def printed():
            with open(name, encoding="utf-8") as file:
                return file.read()
        words = shlex.split(text, comments=True)
        if words[0] == "mqtt-bridge" and (len(words) == 1 or words[1].startswith("-")):
            rig.wait_until(self.is_ready, 30, "a bridge that is ready")
        else:
            # What others have subscribed already is told by the stream alone.
            rig.wait_until(lambda: self.subscriptions() > before or re.search(r"bridge\.open|listens", printed()), 20,
                           f"a subscription for '{text.strip()}'")
        self.last = printed

    def subscriptions(self):
        """How often anybody has subscribed at the broker."""
        with open(self.scratch.file("mosquitto.log"), encoding="utf-8", errors="replace") as file:
            return sum(bool(SUBSCRIPTION.search(line)) for line in file)

    def is_ready(self):
        asked = subprocess.run(["mqtt-bridge", "health", "--ready"], env=self.environment, capture_output=True, check=False)
        return asked.returncode == 0

    def script(self, text, where):
        if self.page is None:
            return None
        return self.page(f"http://127.0.0.1:{self.ports['8080']}/", text, where)

    def compare(self, block, where):
        if self.last is None or self.last() is None:
            return
        expected = self.ported(block.text)
        deadline = time.monotonic() + 10
        while not blocks.matches(expected, self.last(), block.language in ("json", "http")):
            if time.monotonic() > deadline:
                raise rig.Failure(f"{where}: the document shows\n{expected}and this came\n{self.last()}")
            time.sleep(0.05)

    def end(self):
        for process in reversed(self.followers):
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
