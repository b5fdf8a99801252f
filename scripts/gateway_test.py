#!/usr/bin/env python3
"""Bridges behind nginx, HAProxy and Caddy, with the files of deploy/gateways.

The gateways really run, on loopback, with a throw-away certificate; nginx and haproxy are Debian's, caddy and the
HTTP/2 client come from scripts/requirements.txt. What is asserted is the order of events, not their time.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from gateway import checks, gateways
from gateway.compose import compose
from gateway.rolling import rolling
from gateway.stage import Certificate, Stage

PARTS = {"live": checks.live, "delay": checks.delay, "sockets": checks.sockets, "address": checks.address,
         "idle": checks.idle, "rolling": rolling}


def main():
    options = rig.arguments(__doc__.splitlines()[0], only=("", "one gateway, such as nginx, or compose"),
                            part=("", "one part, such as rolling"))
    rig.run("gateway-test", lambda: play(options))


def play(options):
    chosen = [kind for kind in gateways.ALL if options.only in ("", kind.name)]
    absent = [kind for kind in chosen if kind.program() is None]
    chosen = [kind for kind in chosen if kind not in absent]
    for kind in absent:
        if not kind.is_needed:
            print(f"gateway-test: {kind.name}: skipped: it is not installed", flush=True)
    missing = [kind.name for kind in absent if kind.is_needed]
    if missing:
        raise rig.Failure(f"not installed: {', '.join(missing)} (Debian: apt-get install nginx haproxy)")
    done = 0
    with rig.Scratch() as scratch:
        broker = rig.Broker(scratch).start()
        try:
            certificate = Certificate(scratch)
            for kind in chosen:
                for name, found in parts(options, scratch, broker, certificate, kind):
                    print(f"gateway-test: {kind.name}: {name}: {found}", flush=True)
                    done += 1
            if (options.only or "compose") == "compose":
                print(f"gateway-test: compose: {compose(options.bridge, scratch)}", flush=True)
                done += 1
        finally:
            broker.close()
    return f"{done} parts"


def parts(options, scratch, broker, certificate, kind):
    """Plays the parts of one gateway, which share two bridges where they can."""
    chosen = [name for name in PARTS if options.part in ("", name) and (name != "idle" or kind.cuts_silence)]
    if chosen:
        with Stage(options.bridge, scratch, broker, certificate, kind) as stage:
            for name in chosen:
                yield name, PARTS[name](stage)
    if options.part in ("", "prefix"):
        with Stage(options.bridge, scratch, broker, certificate, kind, prefix="/bridge") as stage:
            yield "prefix", checks.prefix(stage)
    if options.part in ("", "proxy") and kind.can_proxy_protocol:
        with Stage(options.bridge, scratch, broker, certificate, kind, proxy_protocol=True) as stage:
            yield "proxy", checks.proxied_address(stage)


if __name__ == "__main__":
    main()
