#!/usr/bin/env python3
"""Counts what an operation of the hot paths costs, and compares with Benchmarks/thresholds.json.

Each case of micro-bench runs under callgrind with a small and a large number of operations; the difference
of instructions, and of calls of malloc, divided by that of the operations, is what one costs. Unlike times these
counts repeat, whatever else the machine does.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

FOLDER = os.path.dirname(os.path.abspath(__file__))
THRESHOLDS = os.path.join(FOLDER, "thresholds.json")
SLACK = 1.10
ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"}


def counted(program, case, count, folder):
    """Instructions and allocations of one run."""
    file = os.path.join(folder, f"{case}.{count}")
    # Sets and dictionaries in the same order every time.
    environment = dict(os.environ, SWIFT_DETERMINISTIC_HASHING="1")
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}", "--compress-strings=no",
         program, case, str(count)], env=environment, capture_output=True, text=True, timeout=300, check=False)
    if run.returncode != 0:
        sys.exit(f"error: micro-bench {case} {count} ended with status {run.returncode}:\n"
                 + (run.stdout + run.stderr)[-2000:])
    instructions = allocations = 0
    is_allocator = False
    with open(file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("cfn="):
                is_allocator = re.sub(r"'\d+$", "", line[4:].strip()) in ALLOCATORS
            elif line.startswith("calls=") and is_allocator:
                allocations += int(line[6:].split()[0])
            elif line.startswith("totals:"):
                instructions = int(line.split()[1])
    os.remove(file)
    return instructions, allocations


def cost(program, case, terms, folder):
    """Instructions and allocations of one operation."""
    small, large = terms["operations"]
    low, high = (counted(program, case, count, folder) for count in (small, large))
    return [(b - a) / (large - small) for a, b in zip(low, high)]


def judge(case, terms, instructions, allocations):
    """Prints a line; whether the case is within its thresholds."""
    # A tenth of an allocation is what a growing array or a thread that wakes once more makes of it.
    is_within = (instructions <= terms["instructions"] * SLACK
                 and allocations <= terms["allocations"] * SLACK + 0.1)
    verdict = "ok" if is_within else "MORE THAN ITS THRESHOLD"
    if is_within and instructions < terms["instructions"] / SLACK:
        verdict = "ok, and less: lower the threshold with --update"
    print(f"{case:24} {instructions:10,.0f} instructions (threshold {terms['instructions']:,}), "
          f"{allocations:6.2f} allocations (threshold {terms['allocations']:g}): {verdict}", flush=True)
    return is_within


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="a release build of micro-bench")
    parser.add_argument("--update", action="store_true", help="write the counts as the new thresholds")
    parser.add_argument("cases", nargs="*", help="some cases only")
    options = parser.parse_args()
    with open(THRESHOLDS, encoding="utf-8") as file:
        thresholds = json.load(file)
    known = set(subprocess.run([options.program, "list"], capture_output=True, text=True,
                               check=True).stdout.split())
    if known != set(thresholds):
        sys.exit(f"error: micro-bench and thresholds.json differ in {sorted(known ^ set(thresholds))}")
    if unknown := set(options.cases) - known:
        sys.exit(f"error: there is no case {sorted(unknown)}")
    chosen = options.cases or list(thresholds)
    is_within = True
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        def count(case):
            return cost(options.program, case, thresholds[case], folder)
        for case, (instructions, allocations) in zip(chosen, pool.map(count, chosen)):
            if options.update:
                thresholds[case].update(instructions=round(instructions), allocations=round(allocations, 2))
            is_within &= judge(case, thresholds[case], instructions, allocations)
    if options.update:
        with open(THRESHOLDS, "w", encoding="utf-8") as file:
            json.dump(thresholds, file, indent=2)
            file.write("\n")
    elif not is_within:
        sys.exit(1)


if __name__ == "__main__":
    main()
