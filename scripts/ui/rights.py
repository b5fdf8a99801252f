"""The console of a bridge that asks who is there."""

import guarded
from ui.desk import expect, wait_for, wait_live, wait_text

READER = {"subscribe": ["house/#"], "publish": ["house/#"]}


def sign_in(desk):
    """Nobody sees nothing; a token shows what it may; who has no right admin is told so."""
    token = guarded.token("reader", READER)
    with desk.context() as context:
        page = desk.open(context, filters=("house/#",), is_live=False)
        wait_text(page, "#messages-empty", "token-missing")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Sign in as").select_option("token")
        page.get_by_label("Token (JWT)").fill(token)
        page.get_by_role("button", name="Use it").click()
        wait_live(page)
        desk.publish("house/lamp", "on")
        wait_text(page, "#message-list .value", "on")
        page.locator("#tab-overview").click()
        wait_text(page, "#panel-overview .empty", "admin-forbidden")
        page.locator("#tab-publish").click()
        page.locator(".publish [name=topic]").fill("secret/a")
        page.get_by_role("button", name="Publish", exact=True).click()
        wait_text(page, ".result.bad", "topic-forbidden")
        page.get_by_role("button", name="Copy as…").first.click()
        code = page.locator("dialog .code").text_content()
        expect("$TOKEN" in code and token not in code, f"the code shows the token: {code}")
        page.keyboard.press("Escape")
        page.locator("#tab-live").click()
        page.locator("#filter").fill("secret/#")
        page.locator("#filter").press("Enter")
        wait_text(page, "#messages-empty", "filter-forbidden")
        page.get_by_role("button", name="Unsubscribe secret/#").click()
        wait_live(page)
        page.evaluate("sessionStorage.setItem('mqtt-bridge-console:who', JSON.stringify({kind: 'token', token: '%s'}))" % desk.token)
        page.reload()
        wait_live(page)
        page.locator("#tab-overview").click()
        wait_text(page, "#panel-overview dd", "connected")
        wait_for(page, "!document.body.innerHTML.includes(JSON.parse(sessionStorage.getItem('mqtt-bridge-console:who')).token)", "no token in the page")
    return "token, refusals, rights of operators"
