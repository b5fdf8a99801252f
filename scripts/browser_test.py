#!/usr/bin/env python3
"""A real browser against a guarded bridge: streams, tickets, CORS, cookies, the pages of the bridge.

Chromium is Debian's; playwright (scripts/requirements.txt) drives it. It can reach no host but 127.0.0.1.
"""

import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from chromium import documents, mqtt_js, rights, sockets, streams
from chromium.stage import Stage
from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]


def main():
    options = rig.arguments(__doc__.splitlines()[0], only=("", "one part, such as expiry"))
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for path in map(shutil.which, names) if path), None)
    if program is None:
        print("browser-test: skipped: there is no Chromium (Debian: apt-get install chromium)")
        return
    rig.run("browser-test", lambda: play(options, program))


def play(options, program):
    parts = {
        "restart": streams.restart, "expiry": streams.expiry, "soft": streams.soft,
        "cors": rights.cors, "cookie": lambda stage: rights.cookie(options, stage),
        "documents": lambda stage: documents.served(options, stage), "mqtt-js": mqtt_js.tunnel,
    }
    with open(os.path.join(rig.ROOT, "openapi.yaml"), encoding="utf-8") as file:
        has_websocket = re.search(r"^  /ws:", file.read(), re.MULTILINE)
    if has_websocket:
        parts["websocket"] = sockets.websocket
    else:
        print("browser-test: websocket: skipped: openapi.yaml has no /ws", flush=True)
    done = 0
    with rig.Scratch() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        stage = Stage(options, scratch, browser)
        try:
            for name, part in parts.items():
                if options.only in ("", name):
                    print(f"browser-test: {name}: {part(stage)}", flush=True)
                    done += 1
        finally:
            stage.close()
            browser.close()
    return f"{done} parts"


if __name__ == "__main__":
    main()
