"""Reload, a killed bridge, a lost broker, two tabs: nothing is lost, nothing is twice."""

import rig
from ui.desk import expect, payloads, wait_for, wait_live, wait_text


def reload(desk):
    """A page that is loaded again has what it had, what came meanwhile, and what comes."""
    with desk.console(filters=("again/#",)) as page:
        for number in range(3):
            desk.publish("again/a", number)
        wait_text(page, "#message-list .value", "2")
        page.goto("about:blank")
        for number in range(3, 6):
            desk.publish("again/a", number)
        page.goto(f"{desk.url}ui")
        wait_live(page)
        desk.publish("again/a", 6)
        wait_for(page, "document.querySelectorAll('#message-list .row:not([hidden])').length >= 7", "all messages after the reload")
        expect(payloads(page) == [str(number) for number in reversed(range(7))], f"after the reload there are {payloads(page)}")
    return "7 messages over a reload"


def reconnect(desk):
    """A bridge that is killed and started again: the page waits, comes back and misses nothing."""
    with desk.console(filters=("back/#",)) as page:
        for number in range(20):
            desk.publish("back/a", number)
        wait_text(page, "#message-list .value", "19")
        desk.bridge.kill()
        wait_for(page, "document.querySelector('#stream-state .text').textContent != 'live'", "a page that knows")
        desk.publish_at_broker("back/a", range(20, 30))
        desk.bridge.start()
        rig.wait_until(desk.is_connected, 30, "a broker")
        wait_live(page)
        for number in range(30, 40):
            desk.publish("back/a", number)
        wait_text(page, "#message-list .value", "39")
        got = all_payloads(page)
        # What the broker had no acknowledgement of comes again with QoS 1: it is twice in the history too.
        kept = [message["payload"] for message in desk.get("history?topic=back/a&limit=1000")["messages"]]
        expect(got == kept, f"the page has {got}, and the history {kept}")
        expect(list(dict.fromkeys(kept)) == [str(number) for number in range(40)], f"the history has {kept}")
    return "40 messages over a killed bridge"


def gap(desk):
    """What may be missing is shown where it is missing."""
    with desk.console(filters=("gap/#",)) as page:
        desk.publish("gap/a", "before")
        wait_text(page, "#message-list .value", "before")
        desk.broker.stop()
        rig.wait_until(lambda: not desk.is_connected(), 30, "a lost broker")
        desk.broker.start()
        rig.wait_until(desk.is_connected, 30, "a broker")
        desk.publish("gap/a", "after")
        wait_text(page, "#message-list .value", "after")
        wait_text(page, "#message-list .row.gap", "Gap:")
        rows = page.evaluate("[...document.querySelectorAll('#message-list .row:not([hidden])')].sort((a, b) => a.index - b.index).map(row => row.textContent)")
        place = next(index for index, text in enumerate(rows) if "Gap:" in text)
        expect("after" in rows[0] and "before" in rows[-1] and 0 < place < len(rows) - 1, f"{rows}")
    return "a lost broker connection"


def tabs(desk):
    """Two tabs have one stream; when the first is closed, the other goes on with it."""
    with desk.context() as context:
        first = desk.open(context, filters=("tabs/#",))
        second = desk.open(context, filters=("tabs/#", "more/#"))
        desk.publish("tabs/a", 0)
        for page in (first, second):
            wait_text(page, "#message-list .value", "0")
        mine = lambda: [each for each in desk.get("admin/connections")["connections"] if "tabs/#" in each["topics"]]
        rig.wait_until(lambda: len(mine()) == 1, 30, f"one stream for two tabs")
        expect("more/#" in mine()[0]["topics"], "the stream has not what the second tab wants")
        for number in range(1, 20):
            desk.publish("tabs/a", number)
        first.close()
        for number in range(20, 40):
            desk.publish("tabs/a", number)
        wait_text(second, "#message-list .value", "39")
        got = all_payloads(second)
        expect(got == [str(number) for number in range(40)], f"the second tab has {got}")
        rig.wait_until(lambda: len(mine()) == 1, 30, "one stream for the tab that is left")
    return "one stream, 40 messages over a closed tab"


def all_payloads(page):
    """Of the few messages of these tests more are there than can be seen: the list is walked through."""
    found = page.evaluate("""async () => {
        const list = document.querySelector('#message-list'), found = new Map();
        for (let top = 0; ; top += list.clientHeight / 2) {
          list.scrollTop = top;
          await new Promise(requestAnimationFrame);
          await new Promise(requestAnimationFrame);
          for (const row of list.querySelectorAll('.row:not([hidden]):not(.gap)')) found.set(row.entry.key, row.querySelector('.value').textContent);
          if (top >= list.scrollHeight) break;
        }
        return [...found].sort(([a], [b]) => a - b).map(([, value]) => value); }""")
    return found
