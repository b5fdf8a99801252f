#!/usr/bin/env python3
"""Executes the code blocks of the documents: commands, files, scripts for browsers, and what they print.

scripts/documents/blocks.py says what the info string of a block asks for. Scripts for browsers need Chromium and playwright
(scripts/requirements.txt), and are left out with a word without them.
"""

import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from documents import browser
from documents.player import Player


# Documents that a program writes, with the program that checks them.
MADE = {"docs/performance.md": "make bench"}


def main():
    options = rig.arguments(__doc__.splitlines()[0], only=("", "one document, such as docs/commands.md"))
    rig.run("docs-test", lambda: play(options))


def play(options):
    found = [os.path.relpath(path, rig.ROOT) for path in glob.glob(os.path.join(rig.ROOT, "docs", "**", "*.md"), recursive=True)]
    paths = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "Sources/MQTTClient/README.md"] + sorted(set(found) - set(MADE))
    subprocess.run([os.path.join(rig.ROOT, "scripts", "documents", "figures.py"), "--check"], check=True)
    count, left = 0, 0
    with browser.pages() as page:
        for path in paths:
            if options.only not in ("", path):
                continue
            with rig.Scratch() as scratch:
                broker = rig.Broker(scratch)
                with open(scratch.file("mosquitto.conf"), "a", encoding="utf-8") as file:
                    file.write("log_type subscribe\n")
                broker.start()
                try:
                    done, shown = Player(options.bridge, os.path.join(rig.ROOT, path), scratch, broker, page).play()
                finally:
                    broker.close()
            if done + shown:
                print(f"docs-test: {path}: {done} blocks" + (f", {shown} only shown" if shown else ""), flush=True)
            count, left = count + done, left + shown
    return f"{count} blocks, {left} only shown"


if __name__ == "__main__":
    main()
