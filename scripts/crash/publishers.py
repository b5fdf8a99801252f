"""Publishers over HTTP, which remember what they were answered."""

import socket
import threading


class NoAnswer(Exception):
    """The connection ended, or could not be made; what was asked may have been done."""


class Connection:
    """An HTTP connection that is kept, and that can have many requests under way."""

    def __init__(self, port):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), 5)
        except OSError as error:
            raise NoAnswer(str(error)) from None
        self.socket.settimeout(60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise NoAnswer(str(error)) from None

    def answer(self):
        """The status, the header in lower case and the body of the next answer."""
        end = self.fill_until(lambda: self.pending.find(b"\r\n\r\n"))
        head = self.pending[:end].lower()
        start = head.find(b"content-length:")
        size = int(head[start + 15:].split(b"\r\n", 1)[0]) if start >= 0 else 0
        total = end + 4 + size
        self.fill_until(lambda: 0 if len(self.pending) >= total else -1)
        body, self.pending = self.pending[end + 4:total], self.pending[total:]
        return int(head[9:12]), head, body

    def fill_until(self, found):
        while (position := found()) < 0:
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError:
                raise  # No answer from a bridge that lives is a fault of its own.
            except OSError as error:
                raise NoAnswer(str(error)) from None
            if not data:
                raise NoAnswer("closed")
            self.pending += data
        return position

    def close(self):
        self.socket.close()


def request(topic, payload, query="", key=None):
    lines = [f"POST /publish?topic={topic.name}&qos={topic.qos}{query} HTTP/1.1", "Host: crash",
             "Content-Type: application/octet-stream", f"Content-Length: {len(payload)}"]
    if key:
        lines.append(f'Idempotency-Key: "{key}"')
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


class Publisher(threading.Thread):
    """One publisher of one topic. It waits for each answer before it publishes the next message.

    With keys it repeats a request until it is answered 2xx, and the message must arrive exactly once.
    Without, a message that got no answer may have arrived, and is not sent again.
    """

    def __init__(self, stage, topic, rng, mean_pause, has_keys):
        super().__init__(name=f"publisher-{topic.index}", daemon=True)
        self.stage, self.topic, self.rng = stage, topic, rng
        self.mean_pause, self.has_keys = mean_pause, has_keys
        self.connection = None
        self.has_succeeded = False

    def run(self):
        while not (self.stage.is_ending.is_set() and self.has_succeeded):
            if self.stage.is_over.is_set():
                return
            if not self.stage.is_ending.is_set() and self.rng.random() < 0.7:
                self.stage.is_ending.wait(self.rng.expovariate(0.7 / self.mean_pause))
            try:
                self.has_succeeded = False
                self.turn()
            except TimeoutError:
                self.stage.violate(f"no answer within 60 s on {self.topic.name}")
                self.drop()

    def turn(self):
        number = self.topic.next()
        payload = self.stage.payloads.make(self.rng, self.topic, number)
        key = f"{self.stage.seed}-{self.topic.index}-{number}" if self.has_keys else None
        may_have_happened = False
        while not self.stage.is_over.is_set():
            try:
                self.ask(request(self.topic, payload, self.query(), key))
                status = self.judge(number, self.connection.answer())
            except NoAnswer:
                self.drop()
                may_have_happened = True
                self.stage.counts["unanswered"] += 1
                self.stage.is_over.wait(0.02)
                status = None
            if status in (200, 202):
                return
            if not self.has_keys:
                (self.topic.unknown if status in (None, 500) else self.topic.refused).add(number)
                self.stage.is_over.wait(0.05)
                return
            may_have_happened = may_have_happened or status == 500
            self.stage.is_over.wait(0.05 if status else 0.02)
        (self.topic.unknown if may_have_happened else self.topic.refused).add(number)

    def query(self):
        return "&ack=stored" if self.rng.random() < 0.3 else ""

    def ask(self, data):
        if self.connection is None:
            self.connection = Connection(self.stage.bridge.port)
        self.connection.send(data)

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def judge(self, number, answer):
        """Notes an answer, and returns its status."""
        status, head, body = answer
        if status in (200, 202):
            self.topic.accepted.append(number)
            self.has_succeeded = True
            if b"\r\nidempotency-replayed: true" in head:
                self.stage.counts["replayed"] += 1
            self.stage.trap.step()
            return status
        code = body.partition(b'"code":"')[2].partition(b'"')[0].decode()
        self.stage.counts[f"answered {status} {code}"] += 1
        is_expected = status in (500, 503, 507) and self.stage.excuses_refusals()
        kept = b'"kept":"unknown"' if status == 500 else b'"kept":false'
        if not is_expected or kept not in body:
            self.stage.violate(f"a publish on {self.topic.name} was answered {status}: {body[:300]!r}")
        return status


class Burst(Publisher):
    """Sends many requests at once on one connection, and reads the answers afterwards."""

    def turn(self):
        numbers = [self.topic.next() for _ in range(self.rng.randrange(2, 40))]
        unanswered = list(numbers)
        try:
            self.ask(b"".join(
                request(self.topic, self.stage.payloads.make(self.rng, self.topic, number), self.query())
                for number in numbers))
            for number in numbers:
                status = self.judge(number, self.connection.answer())
                unanswered.remove(number)
                if status == 500:
                    self.topic.unknown.add(number)
                elif status not in (200, 202):
                    self.topic.refused.add(number)
        except NoAnswer:
            self.drop()
            self.stage.counts["unanswered"] += len(unanswered)
            self.topic.unknown.update(unanswered)
            self.stage.is_over.wait(0.05)


class Trap:
    """Does something in the thread that reads a certain answer, right after it was read."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sprung = threading.Event()
        self.steps, self.action = 0, None

    def arm(self, steps, action):
        with self.lock:
            self.steps, self.action = steps, action
            self.sprung.clear()

    def disarm(self):
        with self.lock:
            self.action = None

    def step(self):
        if self.action is None:
            return
        with self.lock:
            self.steps -= 1
            if self.steps <= 0 and self.action:
                self.action()
                self.action = None
                self.sprung.set()
