"""What every part stands on: a broker, a bridge below a path prefix, and pages that say what went wrong in them."""

import contextlib
import http.client
import json
import subprocess
import time
import urllib.parse

import guarded
import rig

PREFIX = "/gate"


class Desk:
    """A broker that refuses the topics below `forbidden`, a bridge with everything on, and a browser."""

    def __init__(self, options, scratch, browser, is_guarded):
        self.options, self.scratch, self.browser, self.is_guarded = options, scratch, browser, is_guarded
        self.broker = rig.Broker(scratch)
        with open(scratch.file("acl"), "w", encoding="utf-8") as file:
            file.write("topic readwrite #\ntopic deny forbidden/#\n")
        with open(scratch.file("mosquitto.conf"), "a", encoding="utf-8") as file:
            file.write(f"acl_file {scratch.file('acl')}\n")
        self.broker.start()
        flags = ["--admin-on-public", "true", "--base-path", PREFIX, "--publish-rate", "0", "--drain-timeout", "3s",
                 "--record", "back/#"]
        if is_guarded:
            flags += guarded.flags(scratch, "--jwt-leeway", "0")
        self.bridge = rig.Bridge(options.bridge, scratch, self.broker, *flags)
        self.origin = f"http://127.0.0.1:{self.bridge.port}"
        # A page needs its own origin on the list for a WebSocket.
        self.bridge.command += ["--allowed-origins", self.origin]
        self.url = self.origin + PREFIX + "/"
        self.token = guarded.token("root", guarded.EVERYTHING)
        self.bridge.start()
        rig.wait_until(self.is_connected, 30, "a broker")

    def close(self):
        self.bridge.close()
        self.broker.close()

    def is_connected(self):
        return self.get("healthz")["broker"]["state"] == "connected"

    def ask(self, method, path, body=None, **headers):
        """The status and the body of an answer to somebody who may do everything."""
        connection = http.client.HTTPConnection("127.0.0.1", self.bridge.port, timeout=60)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.is_guarded:
            fields["Authorization"] = f"Bearer {self.token}"
        with contextlib.closing(connection):
            connection.request(method, f"{PREFIX}/{path}", body=body, headers=fields)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def get(self, path):
        return json.loads(self.ask("GET", path, Accept="application/json")[1])

    def publish(self, topic, payload, **query):
        query = urllib.parse.urlencode({"topic": topic, "qos": 1} | query)
        payload = payload if isinstance(payload, bytes) else str(payload).encode()
        status, body = self.ask("POST", f"publish?{query}", payload)
        expect(status in (200, 202), f"a publish to {topic} is answered {status}: {body[:300]}")
        return json.loads(body)

    def publish_at_broker(self, topic, payloads):
        """Publishes without the bridge."""
        subprocess.run(["mosquitto_pub", "-p", str(self.broker.port), "-q", "1", "-t", topic, "-l"], check=True,
                       input="".join(f"{payload}\n" for payload in payloads).encode())

    @contextlib.contextmanager
    def context(self, **options):
        """A browser profile; its pages may ask this bridge and nobody else."""
        context = self.browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        strange, errors = [], []
        context.on("request", lambda request: strange.append(request.url)
                   if not request.url.startswith((self.url, "blob:", "data:", "ws:")) else None)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", lambda message: errors.append(message.text)
                   if message.type == "error" and "Failed to load resource" not in message.text
                   and "ERR_" not in message.text else None)
        try:
            yield context
            expect(not strange, f"a page asks {strange[:3]}")
            expect(not errors, f"a page says {errors[:3]}")
        finally:
            context.close()

    @contextlib.contextmanager
    def console(self, view="live", filters=("#",), **options):
        """The console in a profile of its own, with its stream open."""
        with self.context(**options) as context:
            page = self.open(context, view, filters)
            yield page

    def open(self, context, view="live", filters=("#",), is_live=True):
        page = context.new_page()
        text = json.dumps(json.dumps(list(filters)))
        page.add_init_script(
            f"location.protocol == 'about:' || (sessionStorage.getItem('mqtt-bridge-console:filters') ?? sessionStorage.setItem('mqtt-bridge-console:filters', {text}))")
        page.goto(f"{self.url}ui#{view}")
        if is_live:
            wait_live(page)
        return page


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def wait_for(page, expression, what, limit=30):
    """Waits until an expression in the page is true; the page's policy forbids Playwright's own way."""
    deadline = time.monotonic() + limit
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise rig.Failure(f"after {limit} s there is still not: {what}")
        page.wait_for_timeout(50)


def wait_live(page):
    wait_for(page, "document.querySelector('#stream-state .text')?.textContent == 'live'", "a live stream in the console")


def texts(page, selector):
    """The texts of the visible elements, from top to bottom."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].filter(each => each.checkVisibility())
             .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map(each => each.textContent)""",
        selector)


def wait_text(page, selector, text):
    wait_for(page, f"[...document.querySelectorAll({json.dumps(selector)})].some(each => each.checkVisibility() "
             f"&& each.textContent.includes({json.dumps(text)}))", f"'{text}' in {selector}")


def payloads(page):
    return texts(page, "#message-list .row:not(.gap) .value")
