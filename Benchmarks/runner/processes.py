"""Processes that are started and ended here, ports that are free, and folders for their files."""

import contextlib
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(FOLDER)
BUILD = os.path.join(ROOT, ".build-bench")


class Failure(Exception):
    """A run that gives no figure, and why."""


def allow_open_files():
    """As many as the system lets us; what is started inherits it. Returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def program(name):
    """The path of an installed program; Failure with its Debian package when it is not there."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        packages = {"nginx": "nginx libnginx-mod-nchan"}
        raise Failure(f"{name} is not installed: apt-get install {packages.get(name, name)}")
    return path


def load_program(name):
    """One of the C programs of Benchmarks/load."""
    return os.path.join(BUILD, "bin", name)


_given = set()


def free_port():
    """A port below those of outgoing connections, and never the same one twice."""
    while True:
        port = random.SystemRandom().randrange(10000, 32768)
        if port in _given:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


def connects(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def wait_until(condition, limit, what, interval=0.005):
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"after {limit} s there is still not: {what}")
        time.sleep(interval)


@contextlib.contextmanager
def scratch():
    """A folder on the disk of the build folder, which is removed at the end."""
    os.makedirs(BUILD, exist_ok=True)
    path = tempfile.mkdtemp(prefix="run-", dir=BUILD)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Process:
    """A process, ended by its PID when the block is left, whatever happened."""

    running = []

    def __init__(self, command, log, stdout=None):
        self.command = [str(part) for part in command]
        self.log = log
        with open(log, "ab") as file:
            # A group of its own, so that Ctrl-C comes to us alone and we end it in order.
            self.popen = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=stdout or file, stderr=file,
                start_new_session=True)
        self.pid = self.popen.pid
        Process.running.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def is_running(self):
        return self.popen.poll() is None

    def check(self):
        if not self.is_running():
            raise Failure(f"{os.path.basename(self.command[0])} ended with status "
                          f"{self.popen.returncode}: {self.last_lines()}")

    def last_lines(self, count=3):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return " | ".join(file.read().strip().splitlines()[-count:])

    def end(self, patience=15):
        """SIGTERM, and SIGKILL for what does not listen."""
        if self in Process.running:
            Process.running.remove(self)
        if self.is_running():
            self.popen.terminate()
            try:
                self.popen.wait(patience)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()

    def descendants(self):
        """Its PID and those of its children, such as the workers of nginx."""
        pids = [self.pid]
        with contextlib.suppress(OSError):
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
                pids += [int(pid) for pid in file.read().split()]
        return pids

    def resident_kib(self):
        return sum(int(status_field(pid, "VmRSS")) for pid in self.descendants())

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def wake_ups(self):
        """How often its threads have waited for something so far."""
        return sum(int(status_field(f"{self.pid}/task/{thread}", "voluntary_ctxt_switches"))
                   for thread in os.listdir(f"/proc/{self.pid}/task"))


def status_field(path, name):
    with open(f"/proc/{path}/status", encoding="ascii", errors="replace") as file:
        return re.search(rf"^{name}:\s+(\d+)", file.read(), re.M).group(1)


def end_all():
    """For the way out; later started ones first."""
    for process in reversed(list(Process.running)):
        process.end(patience=5)


def stop_at_signals():
    """SIGTERM and Ctrl-C both leave through the blocks that end what was started."""
    def leave(*_):
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


def output_of(command, limit, folder):
    """Runs a load program to its end and returns what it printed; its failure is ours."""
    log = os.path.join(folder, os.path.basename(str(command[0])) + ".log")
    with Process(command, log, stdout=subprocess.PIPE) as process:
        try:
            out, _ = process.popen.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise Failure(f"{shown(command)} did not end within {limit} s") from None
        text = out.decode("utf-8", "replace")
        if process.popen.returncode != 0:
            raise Failure(f"{shown(command)}: status {process.popen.returncode}: "
                          f"{text.strip()[-300:]} {process.last_lines()}")
        return text


def shown(command):
    """A command as it is told: without the folders of this machine."""
    parts = []
    for part in command:
        text = str(part)
        is_here = text.startswith(ROOT) or os.path.isfile(text)
        parts.append(os.path.basename(text) if is_here else text)
    return " ".join(parts)
