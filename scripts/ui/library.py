"""mqtt-bridge.js in a page: tokens, tickets, the way around a proxy that holds streams, tabs."""

import time

import guarded
import rig

from ui.desk import expect, wait_for

SOME = {"subscribe": ["lib/#"], "publish": ["lib/#"], "retain": True, "request": True, "history": True}
START = """async ([url, options, filters]) => {
    const { connect } = await import(url + 'mqtt-bridge.js');
    window.got = []; window.gaps = []; window.errors = []; window.states = []; window.opens = [];
    window.asked = 0;
    const tokens = options.tokens;
    window.bridge = connect({ ...options, token: tokens && (() => tokens[Math.min(asked++, tokens.length - 1)]),
      onstate: state => states.push(state) });
    window.subscription = bridge.subscribe(filters, {
      onmessage: message => got.push(message), ongap: gap => gaps.push(gap), onopen: open => opens.push(open),
      onerror: error => errors.push(`${error.status} ${error.code}`) }); }"""


def page_with(desk, context, filters, **options):
    page = context.new_page()
    page.goto(f"{desk.url}ui/icon.svg")
    page.evaluate(START, [desk.url, {"share": False, "resume": False} | options, filters])
    return page


def basics(desk):
    """Publishes, requests, retained messages, bytes, errors, a second filter, and the end."""
    token = guarded.token("lib", SOME)
    desk.publish("lib/kept", "kept", retain="true")
    with desk.context() as context:
        page = page_with(desk, context, ["lib/#"], tokens=[token])
        wait_for(page, "bridge.state == 'open'", "an open stream")
        wait_for(page, "got.some(each => each.topic == 'lib/kept' && each.retain)", "a retained message")
        receipt = page.evaluate("bridge.publish('lib/a', {c: 21.5}, {qos: 2})")
        expect(receipt["state"] == "acked" and receipt["qos"] == 2, f"{receipt}")
        wait_for(page, "got.some(each => each.payload == '{\"c\":21.5}')", "what was published")
        page.evaluate("bridge.publish('lib/bytes', new Uint8Array([0, 255, 7]))")
        wait_for(page, "got.some(each => each.payload_encoding == 'base64')", "bytes")
        text = page.evaluate("""async () => {
            const { bytes, matches } = await import('../mqtt-bridge.js');
            return [...bytes(got.find(each => each.payload_encoding))].join() + matches('a/#', 'a') + matches('+/b', 'a/b')
              + matches('#', '$SYS/x') + matches('$share/g/a/+', 'a/b') + matches('a/+', 'a/b/c'); }""")
        expect(text == "0,255,7truetruefalsetruefalse", text)
        code = page.evaluate("bridge.publish('other/a', 'x').catch(error => `${error.name} ${error.status} ${error.code}`)")
        expect(code == "BridgeError 403 topic-forbidden", code)
        page.evaluate("window.more = []; window.second = bridge.subscribe('lib/second', message => more.push(message.payload))")
        wait_for(page, "opens.at(-1).subscriptions.length == 2", "a stream with both filters")
        desk.publish("lib/second", "for both")
        wait_for(page, "more.includes('for both') && got.filter(each => each.payload == 'for both').length == 1", "a message for both")
        page.evaluate("subscription.close()")
        desk.publish("lib/second", "for one")
        wait_for(page, "more.includes('for one')", "a message for one")
        expect(page.evaluate("got.every(each => each.payload != 'for one')"), "a closed subscription goes on")
        expect(page.evaluate("gaps") == [], f"{page.evaluate('gaps')}")
        page.evaluate("bridge.close()")
        rig.wait_until(lambda: not streams(desk, "lib/second"), 30, "no stream after the end")
    return "publish, retained, bytes, two filters, errors, end"


def expiry(desk):
    """A token that ends is followed by the next one, and no message is lost or twice."""
    # The bridge says so half a minute before a token ends.
    first, fresh = guarded.token("lib", SOME, lifetime=33), guarded.token("lib", SOME)
    with desk.context() as context:
        page = page_with(desk, context, ["lib/expiry"], tokens=[first, fresh], retained=False)
        wait_for(page, "opens.length == 1", "the first stream")
        sent = 0
        deadline = time.monotonic() + 60
        while page.evaluate("opens.length") < 2:
            expect(time.monotonic() < deadline, "there is no second stream")
            for _ in range(20):
                desk.publish("lib/expiry", sent)
                sent += 1
        for _ in range(20):
            desk.publish("lib/expiry", sent)
            sent += 1
        wait_for(page, f"got.length >= {sent}", "all messages")
        rig.wait_until(lambda: len(streams(desk, "lib/expiry")) == 1, 30, "one stream after the other")
        numbers = page.evaluate("got.map(each => each.payload)")
        expect(numbers == [str(number) for number in range(sent)], f"{len(numbers)} of {sent} messages")
        expect(page.evaluate("gaps") == [] and page.evaluate("errors") == [], page.evaluate("String(errors)"))
        # Without another token the end is told, and asked again and again.
        last = page_with(desk, context, ["lib/expiry"], tokens=[guarded.token("lib", SOME, lifetime=2)], retained=False)
        wait_for(last, "errors.includes('401 token-expired') && bridge.state == 'waiting'", "the end of the last token")
    return f"{sent} messages over two tokens"


def fallback(desk):
    """Where something on the way holds an event stream back, a WebSocket brings it."""
    token = guarded.token("lib", SOME)
    with desk.context() as context:
        held = []
        context.route("**/subscribe?**", lambda route: held.append(route))
        page = page_with(desk, context, ["lib/held"], tokens=[token], openTimeout=1)
        wait_for(page, "opens.at(-1)?.transport == 'websocket'", "a WebSocket")
        expect(held, "no event stream was tried")
        numbers = [str(number) for number in range(50)]
        for number in numbers:
            desk.publish("lib/held", number)
        wait_for(page, "got.length >= 50", "all messages")
        kinds = [each["kind"] for each in streams(desk, "lib/held")]
        expect(kinds == ["ws"], f"{kinds}")
        desk.bridge.kill()
        wait_for(page, "bridge.state != 'open'", "a lost WebSocket")
        desk.bridge.start()
        rig.wait_until(desk.is_connected, 30, "a broker")
        wait_for(page, "bridge.state == 'open'", "a WebSocket that is back", limit=60)
        desk.publish("lib/held", "50")
        wait_for(page, "got.length >= 51", "a message after the restart")
        expect(page.evaluate("got.map(each => each.payload)") == numbers + ["50"], f"{page.evaluate('got.length')} messages")
    return "51 messages by WebSocket, over a killed bridge"


def shared(desk):
    """Six tabs, one stream; the tab with the stream crashes."""
    token = guarded.token("lib", SOME)
    with desk.context() as context:
        pages = [page_with(desk, context, [f"lib/tab/{index % 3}"], tokens=[token], share="some", resume=60) for index in range(6)]
        for page in pages:
            wait_for(page, "bridge.state == 'open'", "every tab open")
        rig.wait_until(lambda: [len(each["topics"]) for each in streams(desk, "lib/tab/0")] == [3], 30, "one stream with three filters")
        for number in range(30):
            desk.publish(f"lib/tab/{number % 3}", number)
        for page in pages:
            wait_for(page, "got.length == 10", "ten messages for every tab")
        pages[0].close(run_before_unload=False)
        for number in range(30, 60):
            desk.publish(f"lib/tab/{number % 3}", number)
        for index, page in enumerate(pages[1:], 1):
            wait_for(page, "got.length >= 20", "twenty messages for every tab that is left")
            wanted = [str(number) for number in range(60) if number % 3 == index % 3]
            expect(page.evaluate("got.map(each => each.payload)") == wanted, f"tab {index} has {page.evaluate('got.map(each => each.payload)')}")
        rig.wait_until(lambda: len(streams(desk, "lib/tab/1")) == 1, 30, "one stream for those that are left")
        # What two tabs tell, one that had the stream and one that has it now, is heard once.
        pages[1].evaluate("""url => { window.twice = new BroadcastChannel(`mqtt-bridge:some:${url}`);
            twice.postMessage({ type: "events", events: got.map(message => ({ type: "message", message })) }); }""", desk.url)
        for number in range(60, 63):
            desk.publish(f"lib/tab/{number % 3}", number)
        for index, page in enumerate(pages[1:], 1):
            wait_for(page, f"got.some(each => each.payload == '{60 + index % 3}')", "a message behind those that were told twice")
            wanted = [str(number) for number in range(63) if number % 3 == index % 3]
            expect(page.evaluate("got.map(each => each.payload)") == wanted, f"tab {index} has some twice")
    return "6 tabs, one stream, the first tab closed"


def streams(desk, topic):
    return [each for each in desk.get("admin/connections?limit=100")["connections"] if topic in each["topics"]]
