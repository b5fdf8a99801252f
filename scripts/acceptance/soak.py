#!/usr/bin/env python3
"""A soak of the client library: random faults for a long time, nothing lost, memory flat.

One client publishes with QoS 1 and 2 and keeps its session on disk, another one subscribes, each through
a network of its own that resets, silences, splits and delays connections by the seed. The broker
is restarted now and then. At the end the networks calm down and every message whose publish was
accepted must have been acknowledged and delivered, those of QoS 2 once.

A mosquitto 2.0 that is stopped after its PUBREL sends the PUBLISH of a QoS 2 message once more when it
is back, so repeats fail the soak only when the broker was never restarted.
"""

import json
import os
import random
import subprocess
import time

import faults
import rig


def main():
    options = rig.arguments(
        __doc__.splitlines()[0], seconds=(120, "seconds of load"),
        restarts=(4, "restarts of the broker"), rate=(500, "messages per second"),
        mean_life=(15.0, "mean seconds of a connection"),
        limit=(120, "seconds until everything must have arrived"))

    def body():
        with rig.Scratch() as scratch:
            broker = rig.Broker(scratch).start()
            try:
                return soak(options, scratch, broker)
            finally:
                broker.close()

    rig.run("soak", body)


def soak(options, scratch, broker):
    rng = random.Random(options.seed)
    networks = [
        faults.FaultyNetwork(broker.port, rng.randrange(1 << 32), options.mean_life)
        for _ in range(2)]
    program = os.path.join(os.path.dirname(options.bridge), "mqtt-soak")
    process = subprocess.Popen(
        [program, *(f"mqtt://127.0.0.1:{network.port}" for network in networks),
         "--seconds", str(options.seconds), "--rate", str(options.rate),
         "--store", scratch.file("session"),
         "--patience", str(options.limit)],
        stdout=subprocess.PIPE, text=True)
    try:
        return watch(options, rng, broker, networks, process)
    finally:
        process.kill()
        process.wait()


def watch(options, rng, broker, networks, process):
    started = time.monotonic()
    restarts = sorted(rng.uniform(5, options.seconds) for _ in range(options.restarts))
    resident = []
    result = None
    for line in process.stdout:
        report = json.loads(line)
        if report["kind"] == "result":
            result = report
            break
        if report["kind"] == "loaded":
            for network in networks:
                network.calm()
            continue
        resident.append(report["residentKiB"] / 1024)
        if len(resident) % 6 == 1:
            print(f"  {report}", flush=True)
        while restarts and time.monotonic() - started > restarts[0]:
            restarts.pop(0)
            broker.stop()
            broker.start()
    if result is None:
        raise rig.Failure(f"the program ended early, with status {process.wait()}")
    if process.wait(30) != 0:
        raise rig.Failure(f"the program ended with status {process.returncode}")
    return judge(options, networks, resident, result)


def judge(options, networks, resident, result):
    if result["missing"] or result["unfinished"] or result["corrupted"]:
        raise rig.Failure(f"{result}")
    if result["repeatedQoS2"] and options.restarts == 0:
        raise rig.Failure(f"QoS 2 messages came twice: {result}")
    fates = {fate: sum(network.counts[fate] for network in networks)
             for fate in faults.FaultyNetwork.FATES}
    third = max(1, len(resident) // 3)
    early, late = max(resident[:third]), max(resident[-third:])
    if late > early * 1.25 + 8:
        raise rig.Failure(f"memory grew from {early:.0f} to {late:.0f} MiB")
    return (f"{result['acknowledged']} acknowledged, {result['missing']} missing, "
            f"{result['repeatedQoS1']} QoS 1 and {result['repeatedQoS2']} QoS 2 repeats, "
            f"{options.restarts} broker restarts, connections ended by {fates}, "
            f"resident at most {early:.0f} MiB early and {late:.0f} MiB late")


if __name__ == "__main__":
    main()
