"""What is done to bridge, broker, link and disk, drawn by the seed."""

import random
import time

import rig
from crash import eventlog

# How often each fault is drawn, among those of the run.
WEIGHTS = {
    "kills": 50, "restarts": 4, "cuts": 14, "stalls": 8, "broker-kills": 7, "broker-restarts": 5,
    "disk": 6, "power": 8,
}


class Faults:
    """Draws one fault after the other; each leaves everything running again."""

    def __init__(self, stage, only):
        self.stage = stage
        self.rng = random.Random(f"{stage.seed}/faults")
        self.kinds = only or list(WEIGHTS)
        if not stage.disk.can_fail:
            left_out = [kind for kind in self.kinds if kind in ("disk", "power")]
            self.kinds = [kind for kind in self.kinds if kind not in left_out]
            if left_out:
                print(f"  no file system can be mounted here: without {', '.join(left_out)}")
        self.actions = {
            "kills": self.kill, "restarts": self.restart, "cuts": self.cut, "stalls": self.stall,
            "broker-kills": lambda: self.break_broker(is_kill=True),
            "broker-restarts": lambda: self.break_broker(is_kill=False),
            "disk": self.fill_disk, "power": self.cut_power,
        }

    def run(self, seconds, mean_pause):
        deadline = time.monotonic() + seconds
        reported = time.monotonic()
        while self.kinds and time.monotonic() < deadline:
            time.sleep(self.rng.expovariate(1 / mean_pause))
            kind, = self.rng.choices(self.kinds, [WEIGHTS[kind] for kind in self.kinds])
            self.actions[kind]()
            self.stage.counts[kind] += 1
            self.check_alive()
            if time.monotonic() - reported > 30:
                reported = time.monotonic()
                print(f"  {self.stage.accepted()} accepted, {dict(self.stage.counts)}", flush=True)
        time.sleep(max(0, deadline - time.monotonic()))

    def check_alive(self):
        bridge = self.stage.bridge
        if bridge.process.poll() is not None:
            with open(bridge.log, encoding="utf-8") as log:
                self.stage.violate(
                    f"the bridge ended by itself, status {bridge.process.returncode}: {log.read()[-800:]}")
            bridge.start()

    def kill(self):
        """Kills the bridge at a random moment, right after an answer, or in the middle of a burst."""
        stage, rng = self.stage, self.rng
        if rng.random() < 0.5:
            time.sleep(rng.uniform(0, 0.2))
        else:
            stage.trap.arm(rng.choice((1, 2, 3, 20)), stage.bridge.process.kill)
            stage.trap.sprung.wait(2)
            stage.trap.disarm()
        stage.bridge.kill()
        while rng.random() < 0.15:
            stage.bridge.launch()
            time.sleep(rng.uniform(0, 0.15))
            stage.bridge.kill()
            stage.counts["kills"] += 1
        time.sleep(rng.choice((0, 0, rng.uniform(0, 0.5))))
        stage.bridge.start()

    def restart(self):
        self.stage.excuse(20)
        self.stage.bridge.stop()
        self.stage.bridge.start()
        self.stage.excuse(2)

    def cut(self):
        self.stage.link.cut()

    def stall(self):
        """Silence on the link, which ends by itself, with a cut, or with a dead bridge."""
        stage, rng = self.stage, self.rng
        stage.link.stall()
        time.sleep(rng.uniform(0.1, 6))
        end = rng.random()
        if end < 0.3:
            stage.bridge.kill()
            stage.counts["kills"] += 1
        elif end < 0.6:
            stage.link.cut()
        stage.link.release()
        if end < 0.3:
            stage.bridge.start()

    def break_broker(self, is_kill):
        """Ends the broker; what is under way on the link is lost.

        mosquitto acknowledges before it saves. So everything is held, and saved, before it is killed.
        """
        stage, rng = self.stage, self.rng
        for client in stage.direct:
            client.may_stay.clear()
        for client in stage.direct:
            client.is_away.wait(60)
        if stage.link.hold(10):
            rig.wait_until(stage.link.broker_has_read_all, 10, "a broker that has read everything")
            if is_kill:
                stage.broker.save()
                stage.broker.kill()
            else:
                stage.broker.stop()
            stage.link.cut()
            stage.link.release()
            time.sleep(rng.uniform(0, 1.5))
            if rng.random() < 0.2:
                stage.bridge.kill()
                stage.counts["kills"] += 1
                stage.bridge.start()
            stage.broker.start()
        else:
            stage.counts["broker not held"] += 1
        for client in stage.direct:
            client.may_stay.set()

    def fill_disk(self):
        """No space for a while: the bridge refuses, lives, and goes on when there is space again."""
        stage, rng = self.stage, self.rng
        stage.excuse(1e6)
        stage.disk.fill()
        deadline = time.monotonic() + rng.uniform(0.5, 4)
        while time.monotonic() < deadline:
            time.sleep(rng.uniform(0.1, 0.5))
            stage.disk.fill()
            self.check_alive()
        is_killed = rng.random() < 0.3
        if is_killed:
            stage.bridge.kill()
            stage.counts["kills"] += 1
        stage.disk.free()
        if is_killed:
            stage.bridge.start()
        rig.wait_until(lambda: stage.bridge.health()["ready"], 30, "a bridge that is ready again")
        stage.excuse(5)

    def cut_power(self):
        """The disk keeps only what was synced.

        Often the link is stalled before, so that much is promised that only the disk has.
        """
        stage, rng = self.stage, self.rng
        stage.excuse(1e6)
        is_stalled = rng.random() < 0.4
        if is_stalled:
            stage.link.stall()
            time.sleep(rng.uniform(0.1, 1.5))
        cut = rng.choice((self.lose_power, self.lose_power, self.lose_disk))
        if rng.random() < 0.5:
            stage.trap.arm(rng.choice((1, 2, 5)), cut)
            is_cut = stage.trap.sprung.wait(2)
            stage.trap.disarm()
        else:
            is_cut = False
        if not is_cut and not stage.trap.sprung.is_set():
            cut()
        if cut == self.lose_disk:
            time.sleep(rng.uniform(0, 0.3))
        stage.bridge.kill()
        if is_stalled:
            stage.link.cut()
            stage.link.release()
        stage.disk.restore_power()
        if fault := eventlog.fault(stage.disk.data, stage.places.highest):
            stage.violate(f"after a power cut {fault}")
        stage.bridge.start()
        stage.excuse(2)

    def lose_power(self):
        """Ends bridge and disk together: of what the bridge was told afterwards nobody hears.

        An fsync that is under way when this file system stops may end without an error.
        """
        self.stage.bridge.process.kill()
        self.stage.disk.cut_power()

    def lose_disk(self):
        """Ends the disk alone, at a moment without an fsync, and the bridge sees every access fail."""
        self.stage.bridge.freeze()
        self.stage.disk.cut_power()
        self.stage.bridge.thaw()
