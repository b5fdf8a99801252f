"""Plays the blocks of one document with a broker, and bridges that the document starts or that are there for it."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time

import rig
from documents import blocks

SUBSCRIPTION = re.compile(r"^\d+: \S+ [012] \S+$")
SETTING = re.compile(r"<!-- bridge:(.*?)-->")


class Player:
    """One document."""

    def __init__(self, program, path, scratch, broker, page):
        self.path, self.scratch, self.page = path, scratch, page
        self.folder = scratch.file("work")
        os.makedirs(self.folder)
        self.ports = {"1883": str(broker.port), "8080": str(rig.free_port()), "9090": str(rig.free_port())}
        programs = scratch.file("bin")
        os.makedirs(programs)
        os.symlink(os.path.abspath(program), os.path.join(programs, "mqtt-bridge"))
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MQTT_BRIDGE_", "BRIDGE_"))},
            "PATH": ":".join([programs, os.path.dirname(sys.executable), os.environ["PATH"]]),
            "HOME": self.folder,
            "MQTT_BRIDGE_BROKER": f"mqtt://127.0.0.1:{self.ports['1883']}",
            "MQTT_BRIDGE_LISTEN": f"127.0.0.1:{self.ports['8080']}",
            "MQTT_BRIDGE_ADMIN_LISTEN": f"127.0.0.1:{self.ports['9090']}",
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
                self.follow("mqtt-bridge --data ./data " + setting[1].strip())
            found = blocks.read(text)
            for block in found:
                self.block(block)
        finally:
            self.end()
        return sum(block.language not in blocks.SHOWN for block in found)

    def block(self, block):
        where = f"{os.path.relpath(self.path, rig.ROOT)}:{block.line}"
        text = self.ported(block.text)
        if block.file:
            with open(os.path.join(self.folder, block.file), "w", encoding="utf-8") as file:
                file.write(text)
        elif block.language == "sh" and "follow" in block.words:
            self.follow(text)
        elif block.language == "sh":
            self.run(text, where)
        elif block.language == "js":
            self.last = lambda value=self.script(text, where): value
        elif block.language == "output":
            self.compare(block.text, where)
        elif block.language not in blocks.SHOWN:
            raise rig.Failure(f"{where}: nobody knows what a block '{block.info}' is")

    def ported(self, text):
        return re.sub(r"(?<![\d.])(1883|8080|9090)(?!\d)", lambda match: self.ports[match[0]], text)

    def run(self, text, where):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise rig.Failure(f"{where}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        self.last = lambda: done.stdout

    def follow(self, text):
        before = self.subscriptions()
        name = os.path.join(self.folder, f".follow-{len(self.followers)}")
        with open(name, "w", encoding="utf-8") as output:
            process = subprocess.Popen(["bash", "-c", text],
                                       cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.followers.append(process)
        words = shlex.split(text, comments=True)
        if words[0] == "mqtt-bridge" and (len(words) == 1 or words[1].startswith("-")):
            rig.wait_until(self.is_ready, 30, "a bridge that is ready")
        else:
            rig.wait_until(lambda: self.subscriptions() > before, 20, f"a subscription for '{text.strip()}'")

        def printed():
            with open(name, encoding="utf-8") as file:
                return file.read()
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

    def compare(self, expected, where):
        if self.last is None or self.last() is None:
            return
        expected = self.ported(expected)
        deadline = time.monotonic() + 10
        while not blocks.matches(expected, self.last()):
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
