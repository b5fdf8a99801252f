#!/usr/bin/env python3
"""Nothing is lost: kills bridge and broker, cuts and stalls their link, fills and crashes the disk.

A real bridge, a real mosquitto, publishers and subscribers over HTTP and MQTT. At the end sets are
compared: every publish with QoS 1 that was answered 2xx has arrived; with QoS 2 and an Idempotency-Key
every message has arrived exactly once; every stream has got every message of its filters once and in
order, or a bridge.gap that says what is missing. docs/reliability.md explains it. Prints a row for its
table, and ends with status 1 when a promise was broken.
"""

import os
import shutil
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "acceptance"), HERE]

import rig  # noqa: E402
from crash import faults, judge  # noqa: E402
from crash.stage import Stage  # noqa: E402

# What this version of the bridge does not have yet; its promises are left out.
LACKS = ""

COLUMNS = ["minutes", "seed", "faults", "bridge kills", "broker kills and restarts", "link cuts and stalls",
           "full disks", "power cuts", "accepted", "deliveries", "lost", "duplicated", "out of order", "gaps"]


def main():
    options = rig.arguments(
        __doc__.splitlines()[0], minutes=(5.0, "minutes of load"),
        only=("", f"faults, separated by commas, of {', '.join(faults.WEIGHTS)}; none for all"),
        pause=(0.5, "mean seconds between two faults"), rate=(200, "messages per second"),
        disk=(256, "MiB of the bridge's disk"), flags=("", "more flags for the bridge"),
        limit=(120, "seconds without a message after which the rest counts as lost"),
        keep=("", "a folder for the logs of a run that fails"),
        lacks=(LACKS, "what the bridge does not have: log (event ids), keys (Idempotency-Key)"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    def body():
        with rig.Scratch() as scratch:
            stage = Stage(options, scratch)
            try:
                return crash(options, stage)
            except rig.Failure:
                if options.keep:
                    shutil.copytree(scratch.path, options.keep, dirs_exist_ok=True,
                                    ignore=shutil.ignore_patterns("disk"))
                raise
            finally:
                stage.close()

    rig.run("crash_test", body)


def crash(options, stage):
    only = [kind for kind in options.only.split(",") if kind]
    if strange := set(only) - set(faults.WEIGHTS):
        raise rig.Failure(f"there are no faults called {strange}")
    stage.open()
    faults.Faults(stage, only).run(options.minutes * 60, options.pause)
    stage.finish(options.limit)
    judge.judge(stage)
    stage.bridge.stop()
    print(f"  {dict(sorted(stage.counts.items()))}")
    print("| " + " | ".join(COLUMNS) + " |")
    print("| " + " | ".join(map(str, row(options, stage))) + " |", flush=True)
    if stage.violations:
        raise rig.Failure(f"{len(stage.violations)} violations, the first: {stage.violations[0]}")
    return f"{stage.accepted()} messages accepted, nothing lost, nothing twice"


def row(options, stage):
    counts = stage.counts
    deliveries = stage.observer.received.count + sum(one.received.count for one in stage.subscribers)
    return [
        f"{options.minutes:g}", options.seed, options.only or "all", counts["kills"],
        counts["broker-kills"] + counts["broker-restarts"], counts["cuts"] + counts["stalls"],
        counts["disk"], counts["power"], stage.accepted(), deliveries, counts["lost"],
        counts["duplicated"], counts["out of order"], counts["gaps"]]


if __name__ == "__main__":
    main()
