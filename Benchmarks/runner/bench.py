#!/usr/bin/env python3
"""Holds the bridge against its limits and its peers, bar by bar, and writes docs/performance.md."""

import argparse
import contextlib
import os
import sys
import time
import traceback

import bars_client
import bars_publish
import bars_start
import bars_streams
import machine
import report
from bars import Run
from processes import Failure, allow_open_files, end_all, scratch, stop_at_signals
from servers import Bridge

BARS = bars_streams.BARS + bars_publish.BARS + bars_client.BARS + bars_start.BARS


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bridge", required=True, help="the program to measure, a release build")
    parser.add_argument("--bars", default="", help="numbers of the bars, with blanks (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each bar (default: 3)")
    parser.add_argument("--seconds", type=float, default=5, help="of one measurement (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that everything works")
    parser.add_argument("--output", help="the report (default: docs/performance.md when all bars run, "
                        "else Benchmarks/results/performance.md)")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1
    options.seconds = max(1, round(options.seconds))
    numbers = {int(text) for text in options.bars.replace(",", " ").split()} or {bar.number for bar in BARS}
    unknown = numbers - {bar.number for bar in BARS}
    if unknown:
        parser.error(f"there is no bar {sorted(unknown)}")
    if not os.access(options.bridge, os.X_OK):
        parser.error(f"{options.bridge} cannot be run")
    options.chosen = [bar for bar in BARS if bar.number in numbers]
    if not options.output:
        is_whole = len(options.chosen) == len(BARS) and not options.quick
        options.output = report.PAGE if is_whole else os.path.join(report.RESULTS, "performance.md")
    return options


def play(bar, options):
    """All rounds of a bar; a failure is part of the result."""
    with scratch() as folder, contextlib.ExitStack() as stack:
        run = Run(folder, options.seconds, stack, options.quick)
        try:
            bar.prepare(run)
            for _ in range(options.rounds):
                bar.round(run)
            bar.finish(run.result)
        except Failure as failure:
            run.result.error = str(failure)
        except Exception as error:  # The other bars are still worth their time.
            traceback.print_exc()
            run.result.error = repr(error)
        return run.result


def tell(bar, result, seconds):
    print(f"bar {bar.number}: {bar.title}: {result.verdict} ({seconds:.0f} s)", flush=True)
    if result.error:
        print(f"  FAILED: {result.error}", flush=True)
    for check in result.checks:
        mark = "met" if check.is_met else "NOT MET"
        print(f"  {check.what}: {check.shown}, bar {check.bar}, spread {check.spread}: {mark}", flush=True)


def main():
    options = arguments()
    stop_at_signals()
    Bridge.program = os.path.abspath(options.bridge)
    if allow_open_files() < 20_000:
        print("note: 10,000 streams need 20,000 open files: ulimit -Hn 20000", flush=True)
    facts = machine.facts(Bridge.program)
    outcomes = []
    try:
        for bar in options.chosen:
            started = time.monotonic()
            result = play(bar, options)
            outcomes.append((bar, result))
            tell(bar, result, time.monotonic() - started)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        sys.exit(130)
    finally:
        end_all()
    os.makedirs(report.RESULTS, exist_ok=True)
    report.write(facts, {"rounds": options.rounds, "seconds": options.seconds}, outcomes, options.output)
    print(f"report: {os.path.relpath(options.output)}", flush=True)
    sys.exit(1 if any(result.error for _, result in outcomes) else 0)


if __name__ == "__main__":
    main()
