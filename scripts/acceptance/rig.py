"""What the acceptance scripts share: a broker, a bridge, an HTTP client and an independent subscriber.

Plain Python 3 and the programs of mosquitto; every process is started here and ended here.
"""

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Failure(Exception):
    """The bridge did not do what it promises."""


def arguments(description, **counts):
    """The command line of a script: its counts, the seed and the program."""
    parser = argparse.ArgumentParser(description=description)
    for name, (value, text) in counts.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value,
                            help=f"{text} (default: {value})")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32),
                        help="of everything random (default: a new one, printed)")
    parser.add_argument("--bridge", default=default_program(), help="the program to test")
    options = parser.parse_args()
    print(f"seed {options.seed}, program {os.path.relpath(options.bridge)}", flush=True)
    return options


def default_program():
    if "BRIDGE" in os.environ:
        return os.environ["BRIDGE"]
    built = [os.path.join(ROOT, ".build", kind, "mqtt-bridge") for kind in ("release", "debug")]
    return next((path for path in built if os.path.exists(path)), built[0])


def run(name, body):
    """Runs a script and turns its outcome into one line and an exit status."""
    started = time.monotonic()
    try:
        result = body()
    except Failure as failure:
        print(f"{name}: FAILED: {failure}", flush=True)
        sys.exit(1)
    print(f"{name}: ok: {result} ({time.monotonic() - started:.0f} s)", flush=True)


def wait_until(condition, limit, what):
    """Waits for something that can be observed; returns what the condition returned."""
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"after {limit} s there is still not: {what}")
        time.sleep(0.01)


def free_port():
    """A port that no outgoing connection gets by chance while its server is down."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.SystemRandom().randrange(10000, 32768)))
            return probe.getsockname()[1]


class Scratch:
    """A folder that is removed at the end."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="mqtt-bridge-acceptance-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)


class Broker:
    """A mosquitto that keeps its sessions on disk.

    With its default limit on messages in flight mosquitto 2.0 can send them to a subscriber in
    another order than it got them; without a limit it keeps the order. With its default for
    duplicates it forgets, after a restart, all but one of a client's overlapping subscriptions until
    the client is back.
    """

    def __init__(self, scratch):
        self.port = free_port()
        self.scratch = scratch
        self.process = None
        data = scratch.file("broker")
        os.makedirs(data, exist_ok=True)
        with open(scratch.file("mosquitto.conf"), "w", encoding="utf-8") as file:
            file.write(
                f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser {user_name()}\n"
                f"persistence true\npersistence_location {data}/\nautosave_interval 1\n"
                "max_queued_messages 0\nmax_inflight_messages 0\nallow_duplicate_messages true\n"
                "set_tcp_nodelay true\nlog_type error\nlog_type warning\n")

    def start(self):
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        log = open(self.scratch.file("mosquitto.log"), "ab")
        self.process = subprocess.Popen(
            [program, "-c", self.scratch.file("mosquitto.conf")], stdout=log, stderr=log)
        wait_until(lambda: connects(self.port), 20, "a broker that accepts connections")
        return self

    def stop(self):
        """Ends the broker in order, so that its sessions are on disk."""
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(30) is None:
            raise Failure("mosquitto does not end")

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def user_name():
    return "root" if os.geteuid() == 0 else os.environ.get("USER", "mosquitto")


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Bridge:
    """The program under test, with one data directory for all its lives."""

    def __init__(self, program, scratch, broker, *flags, data=None, url_query=""):
        self.command = [
            program, "--broker", f"mqtt://127.0.0.1:{broker.port}{url_query}",
            "--listen", f"127.0.0.1:{free_port()}", "--admin-listen", f"127.0.0.1:{free_port()}",
            "--data", data or scratch.file("data"), "--log-format", "json", *flags]
        self.port = int(self.command[4].rsplit(":", 1)[1])
        self.admin_port = int(self.command[6].rsplit(":", 1)[1])
        self.scratch = scratch
        self.process = None
        self.starts = 0

    def launch(self):
        """Starts the process without waiting for it."""
        self.starts += 1
        self.log = self.scratch.file(f"bridge.{self.starts}.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    def start(self):
        self.launch()
        wait_until(self.has_started, 30, "a bridge that has started")
        return self

    def has_started(self):
        with open(self.log, encoding="utf-8") as log:
            text = log.read()
        if self.process.poll() is not None:
            raise Failure(f"the bridge ended with status {self.process.returncode}: {text[-500:]}")
        return '"message":"started"' in text

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        """Stops every thread, and waits until each has left the system call it was in."""
        self.process.send_signal(signal.SIGSTOP)
        threads = f"/proc/{self.process.pid}/task"

        def is_stopped(thread):
            with open(f"{threads}/{thread}/stat", encoding="ascii") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "T"

        wait_until(lambda: all(map(is_stopped, os.listdir(threads))), 10, "a frozen bridge")

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        if status != 0:
            raise Failure(f"the bridge ended with status {status} after SIGTERM")

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def health(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def queue(self):
        return self.health()["store"]["queue"]

    def resident_mebibytes(self, kind="VmRSS"):
        """All of it; or RssAnon, that which the system cannot drop and read again from the program's file."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(kind + ":"):
                    return int(line.split()[1]) / 1024
        raise Failure("the bridge has no memory figure")


class Publisher:
    """Publishes over one connection that is kept."""

    def __init__(self, port):
        self.port = port
        self.connection = None

    def publish(self, topic, payload, qos, **fields):
        """The status and body of the answer; OSError or HTTPException when there is none."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        query = "&".join([f"topic={topic}", f"qos={qos}"] + [f"{k}={v}" for k, v in fields.items()])
        try:
            self.connection.request("POST", f"/publish?{query}", body=payload,
                                    headers={"Content-Type": "application/octet-stream"})
            response = self.connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise


class Subscriber:
    """A mosquitto_sub with a session of its own, which remembers what it got."""

    def __init__(self, broker, topic, name="acceptance-subscriber"):
        self.messages = []
        self.digests = threading.Condition()
        self.subscribed = threading.Event()
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", "-d", "-p", str(broker.port), "-i", name, "-c",
             "-q", "2", "-t", topic, "-F", "message %q %t %x"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self._read, daemon=True).start()
        if not self.subscribed.wait(20):
            raise Failure("mosquitto_sub did not subscribe")

    def _read(self):
        for line in self.process.stdout:
            if line.startswith(b"message "):
                _, qos, topic, *payload = line.rstrip(b"\n").split(b" ")
                data = bytes.fromhex(payload[0].decode()) if payload else b""
                self.messages.append((topic.decode(), int(qos), digest(data), data[:64]))
            elif line.startswith(b"Subscribed "):
                self.subscribed.set()

    def wait_for(self, total, patience=60):
        """Waits for so many messages, as long as some still come."""
        count, changed = -1, time.monotonic()
        while len(self.messages) < total:
            if len(self.messages) != count:
                count, changed = len(self.messages), time.monotonic()
            if time.monotonic() - changed > patience:
                raise Failure(f"{count} of {total} messages came, and no more for {patience} s")
            time.sleep(0.05)

    def close(self):
        self.process.kill()
        self.process.wait()


def digest(data):
    return hashlib.blake2b(data, digest_size=16).digest()


def in_threads(bodies):
    """Runs every body in a thread of its own, and raises the first error."""
    errors = []

    def guarded(body):
        try:
            body()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        error = errors[0]
        raise error if isinstance(error, Failure) else Failure(repr(error))


def check_order(topic, expected, received, allows_repeats):
    """Compares what arrived on a topic with what was sent; returns the number of repeats."""
    numbers = {}
    for number, value in enumerate(expected):
        numbers.setdefault(value, number)
    position = repeats = 0
    for value in received:
        number = numbers.get(value)
        if position < len(expected) and value == expected[position]:
            position += 1
        elif number is None:
            raise Failure(f"on {topic} something came that was never sent")
        elif number > position:
            raise Failure(f"on {topic} message {number} came before message {position}")
        elif allows_repeats:
            repeats += 1
        else:
            raise Failure(f"on {topic} message {number} came twice")
    if position < len(expected):
        raise Failure(f"on {topic} only {position} of {len(expected)} messages came")
    return repeats


@contextlib.contextmanager
def stage(program, topics):
    """A broker, a bridge and a subscriber of its own at the broker, all running."""
    with Scratch() as scratch:
        broker = Broker(scratch).start()
        bridge = Bridge(program, scratch, broker)
        subscriber = None
        try:
            subscriber = Subscriber(broker, topics)
            bridge.start()
            yield broker, bridge, subscriber
        finally:
            bridge.close()
            broker.close()
            if subscriber:
                subscriber.close()
