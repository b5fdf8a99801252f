#!/usr/bin/env python3
"""Takes the figures of the README from docs/performance.md, which `make bench` writes; with --check only compares."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BEGIN, END = "<!-- figures: made from docs/performance.md by scripts/documents/figures.py -->\n", "<!-- end of figures -->\n"
# The bar, what its row begins with, and what the README calls it: what is good and what is not.
ROWS = (
    ("1", "Broadcast to 1,000 streams, closed loop", "Deliveries to 1,000 streams, beside a plain epoll program in C without a disk"),
    ("1", "… deliveries/s beside nchan", "… beside nchan, which keeps nothing on disk"),
    ("2", "Broadcast to 1,000 streams, 64 messages", "… with 64 messages outstanding, beside the epoll program"),
    ("4", "Latency at half the maximum rate", "99th percentile of latency at half the maximum rate, beside the epoll program; less is better"),
    ("6", "POST /publish, QoS 0", "Publishes of QoS 0, beside a bare libmicrohttpd that throws them away"),
    ("7", "POST /publish, QoS 1, ack=stored", "Publishes on disk, beside a bare libmicrohttpd that throws them away"),
    ("9", "POST /publish/batch", "Publishes on disk in batches of 1,000"),
    ("10", "… publish, QoS 1, beside libmosquitto", "The MQTT client alone, QoS 1, beside libmosquitto"),
    ("11", "MQTT client: connections", "… connections one after the other, beside libmosquitto"),
    ("14", "Idle bridge: start to ready", "Start to ready"),
    ("14", "… resident memory", "Memory of an idle bridge"),
)


def table(text):
    bars = {}
    for line in text[text.index("## The bars"):].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 6 and re.fullmatch(r"\d+", cells[0]):
            bars.setdefault((cells[0], cells[1]), cells)
    yield "| Measured | Median | Aim | |"
    yield "|---|---|---|---|"
    for number, begin, name in ROWS:
        found = next((cells for (bar, what), cells in bars.items() if bar == number and what.startswith(begin)), None)
        if found is None:
            raise SystemExit(f"figures: docs/performance.md has no bar {number} '{begin}'")
        _, _, aim, median, _, verdict = found
        yield f"| {name} | {median} | {aim} | {verdict} |"


def main():
    with open(os.path.join(ROOT, "docs", "performance.md"), encoding="utf-8") as file:
        rows = "\n".join(table(file.read())) + "\n"
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    made = text[:begin] + rows + text[end:]
    if "--check" in sys.argv and made != text:
        raise SystemExit("figures: the figures of README.md are not those of docs/performance.md; scripts/documents/figures.py takes them over")
    if made != text:
        with open(path, "w", encoding="utf-8") as file:
            file.write(made)


if __name__ == "__main__":
    main()
