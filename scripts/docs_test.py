#!/usr/bin/env python3
"""Executes the code blocks of the documents: commands, files, scripts for browsers, and what they print.

scripts/documents/blocks.py says what the info string of a block asks for. Scripts for browsers need Chromium and playwright
(scripts/requirements.txt), and are left out with a word without them.
"""

import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from documents import browser
from documents.player import Player


def main():
    options = rig.arguments(__doc__.splitlines()[0], only=("", "one document, such as docs/commands.md"))
    rig.run("docs-test", lambda: play(options))


def play(options):
    paths = ["README.md", "docs/commands.md"] + sorted(
        os.path.relpath(path, rig.ROOT) for path in glob.glob(os.path.join(rig.ROOT, "docs", "guides", "*.md")))
    count = 0
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
                    done = Player(options.bridge, os.path.join(rig.ROOT, path), scratch, broker, page).play()
                finally:
                    broker.close()
            print(f"docs-test: {path}: {done} blocks", flush=True)
            count += done
    return f"{count} blocks"


if __name__ == "__main__":
    main()
