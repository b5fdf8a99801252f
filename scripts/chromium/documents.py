"""The pages that the bridge serves itself, and payloads that would like to be one."""

import guarded
import rig

from chromium.stage import expect, wait_for


def served(options, stage):
    """`/docs` and `/` work under their own Content-Security-Policy, and ask no other host for anything."""
    with rig.Scratch() as scratch:
        bridge = rig.Bridge(options.bridge, scratch, stage.broker)
        try:
            bridge.start()
            origin = f"http://127.0.0.1:{bridge.port}"
            rig.wait_until(lambda: rig.Publisher(bridge.port).publish("demo/a", b"x", 1)[0] == 200,
                           30, "a broker")
            look(stage, origin, "/docs",
                 "document.querySelectorAll('#operations details').length > 20 && "
                 "document.body.textContent.includes('POST /publish')")
            look(stage, origin, "/",
                 "document.getElementById('state').textContent == 'subscribed to demo/#'")
            payload(stage, origin, bridge)
        finally:
            bridge.close()
    return "no other host, no console error, no inline script that is not ours"


def look(stage, origin, path, sign):
    context = stage.browser.new_context()
    try:
        page = context.new_page()
        requests, problems = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: problems.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        answer = page.goto(origin + path)
        wait_for(page, sign, f"what {path} shows")
        # A script that somebody gets into the page does not run.
        page.evaluate("""() => {
            const script = document.createElement('script');
            script.textContent = 'window.injected = true'; document.body.append(script);
            const image = new Image(); image.src = 'nothing';
            image.setAttribute('onerror', 'window.injected = true'); document.body.append(image); }""")
        refused = [line for line in problems if "Content Security Policy" in line]
        others = [line for line in problems if line not in refused]
        expect(page.evaluate("window.injected") is None, f"{path} runs a script that is not its own")
        expect(refused, f"{path} refuses no script")
        expect(not others, f"the console of {path} says {others}")
        strange = [url for url in requests if not url.startswith(origin + "/")]
        expect(not strange, f"{path} asks {strange}")
        policy = answer.headers.get("content-security-policy", "")
        expect("default-src 'none'" in policy and "unsafe" not in policy.split("style-src")[0],
               f"{path} has the policy {policy}")
        expect(answer.headers.get("x-content-type-options") == "nosniff", f"{path} may be sniffed")
    finally:
        context.close()


def payload(stage, origin, bridge):
    """A message that says it is a web page is shown, and does nothing."""
    page_text = (b"<!doctype html><title>evil</title><p id=shown>here</p><script>document.title = 'ran';"
                 b"fetch('/publish?topic=demo/evil', {method: 'POST', body: 'ran'})</script>"
                 b"<img src=x onerror=\"fetch('/publish?topic=demo/evil', {method: 'POST', body: 'ran'})\">")
    status, _ = rig.Publisher(bridge.port).publish(
        "demo/page", page_text, 1, retain="true", content_type="text/html")
    expect(status == 200, f"the page was not published: {status}")
    context = stage.browser.new_context()
    try:
        page = context.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        answer = page.goto(origin + "/topics/demo/page")
        expect(answer.headers["content-type"].startswith("text/html"), "it is no page any more")
        expect(page.locator("#shown").count() == 1, "the payload is not shown")
        expect(page.title() == "evil", "the script of a payload ran")
        expect(any("sandbox" in text for text in said), f"nothing was refused: {said}")
    finally:
        context.close()
