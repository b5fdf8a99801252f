"""Ten thousand topics, a thousand messages a second."""

import contextlib
import http.client
import json
import threading
import time

import rig
from ui.desk import PREFIX, expect, wait_for, wait_text

TOPICS = 10_000
RATE = 1000
SECONDS = 10


def many(desk):
    """The page shows them all, stays small, and does what it is asked meanwhile."""
    with desk.console(filters=("many/#",)) as page:
        page.evaluate("""() => {
            window.frames_ = []; let last = performance.now();
            const frame = now => { frames_.push(now - last); last = now; requestAnimationFrame(frame); };
            requestAnimationFrame(frame); }""")
        sender = threading.Thread(target=send, args=(desk,))
        sender.start()
        topics = "document.querySelector('#topic-count').textContent.replaceAll(',', '')"
        try:
            wait_for(page, f"{topics} == '{TOPICS}'", f"{TOPICS} topics", limit=120)
        except rig.Failure as failure:
            raise rig.Failure(f"{failure}, but {page.evaluate(topics)}") from failure
        page.locator("#topic-search").fill("many/7/77")
        wait_text(page, "#topic-tree .name", "many/7/77")
        page.locator("#tab-publish").click()
        page.locator("#tab-live").click()
        page.get_by_role("button", name="Pause").click()
        wait_text(page, "#message-tools button", "Go on")
        sender.join()
        page.get_by_role("button", name="Go on").click()
        rows = page.evaluate("document.querySelectorAll('.row').length")
        kept = page.evaluate("parseInt(document.querySelector('#message-count').textContent.replaceAll(',', ''))")
        expect(rows < 300, f"{rows} rows are in the page")
        expect(kept <= 2300, f"{kept} messages are kept")
        frames = sorted(page.evaluate("frames_"))
        # In a browser that is busy with itself a frame takes long; a page that is frozen has hardly any.
        expect(len(frames) > SECONDS * 5, f"only {len(frames)} frames")
        return (f"{TOPICS} topics and {RATE} messages/s for {SECONDS} s: {rows} rows, median frame {frames[len(frames) // 2]:.0f} ms, "
                f"99 % below {frames[int(len(frames) * 0.99)]:.0f} ms")


def send(desk):
    """A thousand messages a second, each time as many as are due."""
    connection = http.client.HTTPConnection("127.0.0.1", desk.bridge.port, timeout=60)
    with contextlib.closing(connection):
        started, sent = time.monotonic(), 0
        while sent < RATE * SECONDS:
            due = min(RATE * SECONDS, int((time.monotonic() - started) * RATE)) - sent
            if due < min(50, RATE * SECONDS - sent):
                time.sleep(0.05)
                continue
            lines = [json.dumps({"topic": f"many/{number % 100}/{number % TOPICS}", "payload": f"{number}", "qos": 0})
                     for number in range(sent, sent + due)]
            connection.request("POST", f"{PREFIX}/publish/batch?atomic=false", "\n".join(lines),
                               {"Content-Type": "application/x-ndjson"})
            connection.getresponse().read()
            sent += due
