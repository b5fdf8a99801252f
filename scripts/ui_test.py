#!/usr/bin/env python3
"""The console and the library mqtt-bridge.js in a real browser: every view, reconnects, tabs, tokens, load, accessibility.

Chromium is Debian's; playwright drives it, and axe-core (both of scripts/requirements.txt) looks at the pages. The run also
makes the pictures of the documents (`--pictures docs/images`).
"""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from playwright.sync_api import sync_playwright
from ui import copying, film, library, live, load, looks, operating, publishing, returning, rights
from ui.desk import Desk

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]

PARTS = {
    "messages": live.messages, "views": live.views, "keyboard": live.keyboard, "publish": publishing.publish,
    "request": publishing.request, "copy": copying.copied, "delivery": operating.delivery,
    "dead-letters": operating.dead_letters, "streams": operating.streams, "overview": operating.overview,
    "reload": returning.reload, "reconnect": returning.reconnect, "gap": returning.gap,
    "tabs": returning.tabs, "load": load.many, "looks": looks.looks, "film": film.film,
}
GUARDED = {
    "sign-in": rights.sign_in, "library": library.basics, "expiry": library.expiry, "fallback": library.fallback,
    "shared": library.shared,
}


def main():
    options = rig.arguments(__doc__.splitlines()[0], only=("", "one part, such as reload"),
                            pictures=("", "a folder for the pictures of the documents"))
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((path for path in map(shutil.which, names) if path), None)
    if program is None:
        print("ui-test: skipped: there is no Chromium (Debian: apt-get install chromium)")
        return
    rig.run("ui-test", lambda: play(options, program))


def play(options, program):
    done = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            for is_guarded, parts in ((False, PARTS), (True, GUARDED)):
                chosen = {name: part for name, part in parts.items() if options.only in ("", name)}
                if not chosen:
                    continue
                with rig.Scratch() as scratch:
                    desk = Desk(options, scratch, browser, is_guarded)
                    try:
                        for name, part in chosen.items():
                            print(f"ui-test: {name}: {part(desk)}", flush=True)
                            done += 1
                    finally:
                        desk.close()
        finally:
            browser.close()
    return f"{done} parts"


if __name__ == "__main__":
    main()
