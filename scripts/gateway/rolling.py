"""Two bridges restarted one after the other under load: no publish fails, and streams resume."""

import threading

import httpx
import rig

from gateway.checks import expect
from gateway.clients import Stream, client, publish

PUBLISHERS, READERS = 4, 4


class Publisher(threading.Thread):
    """Publishes as fast as it is answered, with QoS 1, until it is told to stop."""

    def __init__(self, stage, number, stopped):
        super().__init__(daemon=True)
        self.stage, self.number, self.stopped = stage, number, stopped
        self.accepted, self.failed = 0, []
        self.stored = 0

    def run(self):
        # Every other one by HTTP/1.1: over one connection that is kept.
        with client(self.stage, http2=self.number % 2 == 0) as http:
            while not self.stopped.is_set():
                payload = f"{self.accepted} ".ljust(64 if self.accepted % 8 else 8192, ".")
                try:
                    answer = publish(http, self.stage.url, f"load/{self.number}", payload)
                except httpx.HTTPError as error:
                    self.failed.append(repr(error))
                    return
                if answer.status_code not in (200, 202):
                    self.failed.append(f"{answer.status_code} {answer.text[:300]}")
                    return
                self.stored += answer.status_code == 202
                self.accepted += 1


class Reader(threading.Thread):
    """Follows load/# as a browser does: at the end of a stream it comes back with its last event."""

    def __init__(self, stage):
        super().__init__(daemon=True)
        self.stage = stage
        self.got, self.repeats, self.resumed, self.gaps = set(), 0, [], []
        self.error = None
        self.is_open = threading.Event()

    def run(self):
        last = None
        try:
            while True:
                stream = Stream(self.stage, "topic=load/%23", {"Last-Event-ID": last} if last else None)
                if stream.status != 200:
                    raise rig.Failure(f"a stream that came back was answered {stream.status}")
                last = self.follow(stream, last)
        except Exception as error:
            self.error = error

    def follow(self, stream, last):
        while (event := stream.next(None)) is not None:
            last = event["id"] or last
            data = event["data"]
            if event["event"] == "message":
                key = data["topic"], data["payload"].split(" ")[0]
                self.repeats += key in self.got
                self.got.add(key)
            elif event["event"] == "bridge.open":
                self.resumed.append(data["resumed"])
                self.is_open.set()
            elif event["event"] == "bridge.gap":
                self.gaps.append(data)
        return last


def restart(stage, member, publishers):
    """Takes a bridge out, stops it, starts it again, and waits until it serves."""
    def total():
        return sum(publisher.accepted for publisher in publishers)

    def wait_for(condition, limit, what):
        def holds():
            failed = [text for publisher in publishers for text in publisher.failed]
            expect(not failed, f"while waiting for {what}, {len(failed)} publishes failed: {failed[:3]}")
            return condition()
        rig.wait_until(holds, limit, what)

    def wait_for_more(count, what):
        goal = total() + count
        wait_for(lambda: total() >= goal, 60, what)

    wait_for_more(100, "publishes")
    status, _ = member.admin("POST", "/admin/drain")
    expect(status == 202, f"/admin/drain was answered {status}")
    wait_for(lambda: member.status()["streams"]["open"] == 0, 30, "a bridge without streams")
    if stage.gateway.asks_health:
        wait_for(lambda: member.answers("/healthz/ready", 503) >= 3, 30, "a gateway that knows of the drain")
    wait_for_more(50, "publishes while one bridge is out")
    member.stop()
    wait_for_more(50, "publishes without one bridge")
    member.start()
    wait_for(member.is_ready, 30, "a bridge that is ready again")
    wait_for(lambda: member.answers("/publish", 200) >= 20, 60, "publishes through the restarted bridge")


def rolling(stage):
    # A stream that comes to the other bridge goes back 5 s, and is told of a gap where that is before the other's time.
    for member in stage.members:
        rig.wait_until(lambda: member.status()["uptime_seconds"] > 6, 30, "a log that begins early enough")
    stopped = threading.Event()
    observer = rig.Subscriber(stage.broker, "load/#", f"observer-{stage.gateway.port}")
    readers = [Reader(stage) for _ in range(READERS)]
    publishers = [Publisher(stage, number, stopped) for number in range(PUBLISHERS)]
    try:
        for reader in readers:
            reader.start()
        for reader in readers:
            expect(reader.is_open.wait(30), f"a stream did not open: {reader.error!r}")
        for publisher in publishers:
            publisher.start()
        for member in stage.members:
            restart(stage, member, publishers)
    finally:
        stopped.set()
    for publisher in publishers:
        publisher.join(60)
    failed = [text for publisher in publishers for text in publisher.failed]
    expect(not failed, f"{len(failed)} publishes failed: {failed[:3]}")
    return judge(readers, publishers, observer)


def judge(readers, publishers, observer):
    sent = {(f"load/{publisher.number}", str(count))
            for publisher in publishers for count in range(publisher.accepted)}
    try:
        for reader in readers:
            rig.wait_until(lambda: reader.error or sent <= reader.got, 60, "everything on a stream")
            expect(reader.error is None, f"a stream failed: {reader.error!r}")
            expect(len(reader.resumed) > 1, "a stream was never interrupted: nothing was tried")
            lossy = [gap for gap in reader.gaps if gap.get("qos") != 0]
            expect(not lossy, f"a stream was told of gaps: {lossy}")
        observer.wait_for(len(sent))
    finally:
        observer.close()
    twice = len(observer.messages) - len(sent)
    stored = sum(publisher.stored for publisher in publishers)
    back = [value for reader in readers for value in reader.resumed[1:]]
    return (f"{len(sent)} publishes, none failed, {stored} of them 202, {twice} twice at the broker; "
            f"{len(readers)} streams came back {len(back)} times ({', '.join(sorted({str(value) for value in back}))}), "
            f"missed nothing and repeated {sum(reader.repeats for reader in readers)}")
