"""What pages of other origins may do: CORS, cookies, and requests that somebody else's page forges."""

import guarded
import rig

from chromium.pages import Front, Pages, tls
from chromium.stage import WRITER, expect

SEND = """async ([url, headers, payload, credentials]) => {
    try {
      const answer = await fetch(url, {method: 'POST', body: payload, headers, credentials});
      return [answer.status, answer.headers.get('Bridge-Message-Id'), await answer.json()];
    } catch (error) { return ['blocked', null, String(error)]; } }"""


def cors(stage):
    """A page of an allowed origin may publish and read the answer; another one's request is not sent."""
    url = f"{stage.url}/publish?topic=house/cors"
    headers = {"Authorization": f"Bearer {stage.writer}", "Content-Type": "text/plain",
               "Idempotency-Key": "cors-1", "Mqtt-User-Property": "a=b"}
    with stage.page(stage.allowed.origin) as page:
        status, name, body = page.evaluate(SEND, [url, headers, "allowed", "omit"])
        expect(status == 200, f"an allowed page is answered {status}: {body}")
        expect(name == body["id"], f"the page cannot read Bridge-Message-Id: {name}")
    headers["Idempotency-Key"] = "cors-2"
    with stage.page(stage.refused.origin) as page:
        status, _, body = page.evaluate(SEND, [url, headers, "refused", "omit"])
        expect(status == "blocked", f"another page is answered {status}: {body}")
        # Without a preflight: the request is sent, has no credential, and its answer cannot be read.
        status, _, body = page.evaluate(SEND, [url, {}, "refused too", "omit"])
        expect(status == "blocked", f"another page reads {status}: {body}")
    expect(stage.history("house/cors") == ["allowed"], f"published: {stage.history('house/cors')}")
    return "one origin may, the other may not"


def cookie(options, stage):
    """The cookie publishes for pages of allowed origins, and for no other one, whatever it sends."""
    with rig.Scratch() as scratch:
        context = tls(scratch)
        token = guarded.token("cookie", WRITER | {"subscribe": ["house/#"], "history": True})
        ours, theirs = Pages(context, token), Pages(context)
        flags = guarded.flags(scratch, "--cookie", "true", "--allowed-origins", ours.origin,
                              "--record", "house/#")
        bridge = rig.Bridge(options.bridge, scratch, stage.broker, *flags)
        front = Front(context, bridge.port)
        try:
            bridge.start()
            rig.wait_until(lambda: stage.publish("house/other", "x", port=bridge.port) == 200, 30,
                           "a broker")
            return play(stage, ours, theirs, f"{front.origin}/publish?topic=house/cookie&qos=1")
        finally:
            for part in (bridge, front, ours, theirs):
                part.close()


def play(stage, ours, theirs, url):
    with stage.page(ours.origin, "/cookie", ignore_https_errors=True) as page:
        read = f"url => fetch(url, {{credentials: 'include'}}).then(a => a.json())"
        history = url.replace("/publish", "/history").replace("&qos=1", "")
        start = [message["payload"] for message in page.evaluate(read, history)["messages"]]
        expect(start == [], f"there is something already: {start}")
        status, _, body = page.evaluate(SEND, [url, {}, "ours", "include"])
        expect(status == 200, f"our page is answered {status}: {body}")
        status, _, body = page.evaluate(SEND, [url, {}, "without", "omit"])
        expect(status == 401, f"without the cookie our page is answered {status}: {body}")
        # The same browser, with the cookie, on somebody else's page: by script and by a form.
        page.goto(theirs.origin + "/")
        status, _, body = page.evaluate(SEND, [url, {}, "theirs", "include"])
        expect(status == "blocked", f"another page reads {status}: {body}")
        with page.expect_navigation() as navigation:
            page.evaluate("""url => {
                const form = document.createElement('form');
                form.method = 'POST'; form.action = url; form.enctype = 'text/plain';
                document.body.append(form); form.submit(); }""", url)
        status = navigation.value.status
        expect(status == 403, f"a form of another page is answered {status}")
        expect(navigation.value.json()["code"] == "origin-forbidden", "the form has another problem")
        page.goto(ours.origin + "/")
        got = [message["payload"] for message in page.evaluate(read, history)["messages"]]
        expect(got == ["ours"], f"published: {got}")
    return "our page may, another one may not"
