"""The views of operators: outbox, message states, dead letters, streams, plots."""

import rig
from ui.desk import expect, wait_for, wait_text


def delivery(desk):
    """While the broker is away the outbox fills, and the state of a message follows it to its end."""
    desk.broker.stop()
    try:
        rig.wait_until(lambda: not desk.is_connected(), 30, "a lost broker")
        first = desk.publish("wait/1", "x", ack="stored")
        desk.publish("wait/2", "y", ack="stored", qos=2)
        with desk.context() as context:
            page = desk.open(context, "delivery", is_live=False)
            wait_text(page, "#panel-delivery table .mono", "wait/2")
            wait_text(page, "#broker-state", "disconnected")
            page.locator("#panel-delivery tr", has_text="wait/1").get_by_role("button", name="State").click()
            wait_text(page, "#panel-delivery .result strong", "queued")
            expect(page.get_by_label("Message id").input_value() == first["id"], "another id is looked up")
            desk.broker.start()
            wait_text(page, "#panel-delivery .result.ok strong", "acked")
            wait_text(page, "#panel-delivery .empty", "The outbox is empty")
            wait_text(page, "#broker-state", "broker connected")
            page.get_by_label("Message id").fill("nonsense")
            page.get_by_role("button", name="Look up").click()
            wait_text(page, "#panel-delivery .result.bad", "message-unknown")
    finally:
        if desk.broker.process.poll() is not None:
            desk.broker.start()
    rig.wait_until(desk.is_connected, 30, "a broker")
    return "outbox, queued, acked"


def dead_letters(desk):
    """What the broker refuses can be tried again and deleted."""
    for number in (1, 2):
        desk.publish(f"forbidden/{number}", f"letter {number}", ack="stored")
    with desk.console("delivery") as page:
        wait_text(page, "#panel-delivery table .mono", "forbidden/2")
        wait_text(page, "#panel-delivery table .mono", "forbidden/1")
        letter = page.locator("#panel-delivery tr", has_text="forbidden/1")
        letter.locator("summary").click()
        wait_text(page, "#panel-delivery .payload", "letter 1")
        letter.locator("summary").click()
        before = desk.get("healthz")["store"]["commits"]
        letter.get_by_role("button", name="Retry").click()
        wait_text(page, "#toast", "Back in the queue")
        rig.wait_until(lambda: desk.get("healthz")["store"]["commits"] > before, 30, "another try")
        wait_text(page, "#panel-delivery table .mono", "forbidden/1")
        press_twice(page.locator("#panel-delivery tr", has_text="forbidden/1").get_by_role("button", name="Delete"), page)
        wait_text(page, "#toast", "Deleted")
        wait_for(page, "!document.querySelector('#panel-delivery').textContent.includes('forbidden/1')", "a deleted letter")
        press_twice(page.get_by_role("button", name="Delete all"), page)
        wait_text(page, "#panel-delivery .empty", "No dead letters")
    expect(desk.get("admin/dead-letters")["dead_letters"] == [], "dead letters are left")
    return "retry, delete, delete all"


def streams(desk):
    """Open streams are listed and ended, named subscriptions show their lag."""
    desk.ask("PUT", "subscriptions/orders", b'{"topics":["orders/#"]}', Content_Type="application/json")
    for number in range(3):
        desk.publish("orders/new", number)
    with desk.console("streams", filters=("streams/#",)) as page:
        wait_text(page, "#panel-streams table", "streams/#")
        behind = desk.get("subscriptions/orders")["behind"]
        expect(behind >= 3, f"the subscription is {behind} behind")
        wait_text(page, "#panel-streams table", f"{behind} events")
        press_twice(page.locator("#panel-streams tr", has_text="streams/#").get_by_role("button", name="End"), page)
        wait_text(page, "#toast", "Ended")
        # Its client is this page, and comes again.
        wait_for(page, "document.querySelector('#stream-state .text').textContent != 'live'", "an ended stream")
        wait_for(page, "document.querySelector('#stream-state .text').textContent == 'live'", "a stream that is back")
        press_twice(page.locator("#panel-streams tr", has_text="orders").get_by_role("button", name="Delete"), page)
        wait_text(page, "#panel-streams .empty", "No named subscriptions")
    return "streams, lag, ending one"


def overview(desk):
    """Broker and limits, plots from the metrics, out of service and back."""
    with desk.console("overview") as page:
        wait_text(page, "#panel-overview dd", "connected")
        wait_text(page, "#panel-overview dt", "Highest QoS")
        for number in range(20):
            desk.publish("plots/a", number)
        wait_for(page, "[...document.querySelectorAll('.plot')].filter(plot => /L/.test(plot.querySelector('path.line').getAttribute('d'))).length >= 5", "lines in the plots")
        labels = page.evaluate("[...document.querySelectorAll('.plot svg')].map(each => each.getAttribute('aria-label'))")
        expect(any("Published: now" in label for label in labels), f"{labels}")
        press_twice(page.get_by_role("button", name="Take out of service"), page)
        page.get_by_role("button", name="Put back into service").click()
        wait_text(page, "#panel-overview button", "Take out of service")
    expect(len(labels) == 10, f"{len(labels)} plots")
    expect(not desk.get("admin/status")["draining"], "the bridge is out of service")
    return "limits, 10 plots, out of service and back"


def press_twice(button, page):
    button.click()
    page.get_by_role("button", name="Really?").click()
