"""The live view: topics, subscriptions, messages and their payloads."""

import base64

from ui.desk import expect, payloads, texts, wait_for, wait_text

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def messages(desk):
    """Retained and live messages, the tree, two subscriptions, pause, search."""
    desk.publish("plant/1/temp", "20.5", retain="true")
    with desk.console() as page:
        wait_text(page, "#message-list .topic", "plant/1/temp")
        expect("R" in texts(page, "#message-list .badge"), "a retained message is not marked")
        desk.publish("plant/2/temp", "21.5")
        desk.publish("plant/2/wind", "7")
        wait_text(page, "#message-list .topic", "plant/2/wind")
        expect(payloads(page)[0] == "7", f"the newest message is not first: {payloads(page)}")
        wait_text(page, "#topic-tree .name", "plant")
        page.locator("#topic-search").fill("wind")
        wait_for(page, "document.querySelectorAll('#topic-tree .row:not([hidden])').length == 1", "one topic that is searched")
        page.locator("#topic-tree .row:not([hidden])").click()
        wait_text(page, "#topic-detail .payload", "7")

        page.locator("#filter").fill("plant/+/temp")
        page.locator("#filter").press("Enter")
        wait_text(page, "#message-list .topic", "plant/1/temp")
        desk.publish("plant/3/temp", "22.5")
        desk.publish("plant/3/wind", "8")
        desk.publish("plant/4/temp", "23.5")
        wait_text(page, "#message-list .value", "23.5")
        expect(payloads(page) == ["23.5", "22.5", "20.5"], f"the second subscription has {payloads(page)}")

        page.get_by_role("button", name="Pause").click()
        desk.publish("plant/5/temp", "24.5")
        wait_text(page, "#message-count", "1 new")
        expect("24.5" not in payloads(page), "a paused list goes on")
        page.get_by_role("button", name="Go on").click()
        wait_text(page, "#message-list .value", "24.5")
        page.get_by_role("searchbox", name="Search messages").fill("plant/4")
        wait_for(page, "document.querySelectorAll('#message-list .row:not([hidden])').length == 1", "one message that is searched")
        expect(payloads(page) == ["23.5"], f"the search finds {payloads(page)}")
        page.get_by_role("searchbox", name="Search messages").fill("")
        page.locator("#tab-publish").click()
        before = page.evaluate("document.querySelector('#topic-count').textContent")
        desk.publish("plant/6/temp", "25.5")
        wait_for(page, f"document.querySelector('#topic-count').textContent != '{before}'", "a topic while another view is shown")
        page.locator("#tab-live").click()
        wait_text(page, "#message-list .value", "25.5")
        page.get_by_role("button", name="Unsubscribe plant/+/temp").click()
        wait_for(page, "document.querySelectorAll('.chip').length == 1", "one subscription")
    return "retained and live messages, tree, two subscriptions, pause, search"


def views(desk):
    """A payload as JSON, text, hex and image."""
    with desk.console(filters=("views/#",)) as page:
        desk.publish("views/json", '{"c":21.5,"on":true}')
        desk.publish("views/image", PIXEL)
        wait_text(page, "#message-list .topic", "views/image")
        row(page, "views/json").click()
        wait_text(page, "#message-detail .payload.json .j-name", '"c"')
        segment(page, "Hex").click()
        wait_text(page, "#message-detail .payload.hex", '{"c":21.5,"on":t')
        segment(page, "Text").click()
        wait_text(page, "#message-detail .payload.text", '{"c":21.5,"on":true}')
        row(page, "views/image").click()
        segment(page, "Auto").click()
        wait_for(page, "document.querySelector('#message-detail img')?.naturalWidth == 1", "an image that is shown")
        page.get_by_role("button", name="Close").click()
        expect(page.locator("#message-detail").is_hidden(), "the detail does not close")
    return "JSON, text, hex, image"


def keyboard(desk):
    """Everything can be reached and done with keys."""
    with desk.console(filters=("keys/#",)) as page:
        desk.publish("keys/a/b", "1")
        desk.publish("keys/a/c", "2")
        wait_text(page, "#message-list .topic", "keys/a/c")
        page.locator("#message-list").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        wait_text(page, "#message-detail h3", "keys/a/b")
        active = page.locator("#message-list").get_attribute("aria-activedescendant")
        expect(page.locator(f"#{active}").get_attribute("aria-selected") == "true", "no active row is named")
        page.locator("#topic-tree").focus()
        page.keyboard.press("Home")
        for _ in range(30):
            if page.evaluate("document.querySelector('#topic-detail h3')?.textContent") == "keys":
                break
            page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowLeft")
        wait_for(page, row_state("keys", "false"), "a closed level")
        page.keyboard.press("ArrowRight")
        wait_for(page, row_state("keys", "true"), "an open level")
        page.locator("#tab-live").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#panel-publish").is_visible(), "an arrow key does not change the view")
        expect(page.evaluate("document.activeElement.id") == "tab-publish", "the focus is lost")
    return "lists, tree and views with arrow keys"


def row(page, topic):
    return page.locator("#message-list .row:not([hidden])", has_text=topic).first


def segment(page, name):
    return page.locator("#message-detail .segments button", has_text=name)


def row_state(name, state):
    return (f"[...document.querySelectorAll('#topic-tree .row:not([hidden])')].some(row => row.querySelector('.name')"
            f".textContent == '{name}' && row.getAttribute('aria-expanded') == '{state}')")
