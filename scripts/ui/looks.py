"""What the views look like: accessibility by axe-core, light and dark, at phone width; and pictures for the documents."""

import os

from axe_playwright_python.base import AXE_FILE_PATH
from ui.desk import expect, wait_for, wait_text

VIEWS = ("live", "publish", "delivery", "streams", "overview")
PHONE = {"width": 390, "height": 800}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


def looks(desk):
    fill(desk)
    with open(AXE_FILE_PATH, encoding="utf-8") as file:
        axe = file.read()
    checked = 0
    for scheme in ("light", "dark"):
        for size in ({"width": 1280, "height": 800}, PHONE):
            with desk.console(color_scheme=scheme, viewport=size) as page:
                page.evaluate(axe)
                wait_text(page, "#message-list .topic", "hall/door")
                page.locator("#message-list .row:not([hidden])", has_text="hall/1/climate").first.click()
                for view in VIEWS:
                    page.locator(f"#tab-{view}").click()
                    settle(page, view)
                    checked += check(page, f"{view}, {scheme}, {size['width']} px")
                    picture(desk, page, view, scheme, size)
                page.locator("#tab-live").click()
                page.locator("#message-tools").get_by_role("button", name="Copy as…").click()
                checked += check(page, f"code, {scheme}, {size['width']} px")
    return f"{checked} views without a finding of axe-core, light and dark, 1280 and 390 pixels wide"


def fill(desk):
    """Something to see."""
    for number in range(60):
        hall = number % 3 + 1
        desk.publish(f"hall/{hall}/climate", f'{{"temperature":{20 + number % 7 / 10:.1f},"humidity":{40 + number % 5}}}',
                     content_type="application/json", retain="true")
        desk.publish("hall/door", "open" if number % 2 else "closed")
        if number % 6 == 0:
            desk.publish("meter/power", f"{1200 + number * 7} W", qos=2)
    desk.publish("forbidden/1", "a letter", ack="stored")
    desk.ask("PUT", "subscriptions/orders", b'{"topics":["hall/#"]}', Content_Type="application/json")
    desk.publish("hall/door", "closed")


def settle(page, view):
    """Until what the view asks for is there."""
    if view in ("delivery", "streams", "overview"):
        wait_for(page, f"document.querySelector('#panel-{view} table, #panel-{view} .empty, #panel-{view} dd')", f"the view {view}")
    if view == "overview":
        wait_for(page, "[...document.querySelectorAll('.plot path.line')].some(line => (line.getAttribute('d') ?? '').split('L').length > 2)", "plots")


def check(page, what):
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    lines = [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:160]} {each['nodes'][0].get('failureSummary', '')[:300]}" for each in found]
    expect(not lines, f"axe-core finds in {what}:\n" + "\n".join(lines))
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    expect(wide <= 0, f"{what} is {wide} pixels wider than the window")
    return 1


def picture(desk, page, view, scheme, size):
    folder = desk.options.pictures
    is_phone = size is PHONE
    if not folder or (is_phone and (view != "live" or scheme == "dark")) or (scheme == "dark" and view != "live"):
        return
    name = f"console-{view}{'-phone' if is_phone else ''}{'-dark' if scheme == 'dark' else ''}.png"
    os.makedirs(folder, exist_ok=True)
    page.screenshot(path=os.path.join(folder, name))
