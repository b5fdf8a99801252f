"""WebSocket: the subprotocol bridge.v1.json from a page."""

import guarded

from chromium.stage import READER, WRITER, expect, wait_for

CONNECT = """([url, protocols]) => {
    window.frames_ = []; window.ended = null;
    window.socket = new WebSocket(url, protocols);
    socket.onmessage = event => frames_.push(JSON.parse(event.data));
    socket.onclose = event => { ended = event.code; };
    window.say = value => socket.send(JSON.stringify(value)); }"""


def websocket(stage):
    """Subscribe, publish and resume over a WebSocket; a page of another origin gets none."""
    url = stage.url.replace("http:", "ws:") + "/ws"
    token = guarded.token("socket", READER | WRITER)
    protocols = ["bridge.v1.json", f"bearer.{token}"]
    with stage.page(stage.allowed.origin) as page:
        page.evaluate(CONNECT, [url, protocols])
        wait_for(page, "socket.readyState == WebSocket.OPEN", "an open WebSocket")
        expect(page.evaluate("socket.protocol") == "bridge.v1.json", "another subprotocol was chosen")
        page.evaluate("say({op: 'subscribe', ref: 1, topics: ['house/ws'], qos: 1})")
        wait_for(page, "frames_.some(f => f.op == 'result' && f.ref == 1 && f.status == 200)",
                 "the result of the subscription")
        for number in range(50):
            page.evaluate("n => say({op: 'publish', ref: 100 + n, topic: 'house/ws', payload: String(n),"
                          " qos: 1})", number)
        wait_for(page, "frames_.filter(f => f.op == 'result' && f.ref >= 100).length == 50",
                 "50 results")
        wait_for(page, "frames_.filter(f => f.op == 'message').length >= 50", "50 messages")
        got = page.evaluate("frames_.filter(f => f.op == 'message').map(f => f.payload)")
        expect(got == [str(number) for number in range(50)], f"the WebSocket got {got}")
        states = page.evaluate("frames_.filter(f => f.ref >= 100).map(f => f.status)")
        expect(set(states) == {200}, f"the publishes were answered {set(states)}")
        last = page.evaluate("frames_.filter(f => f.op == 'message')[24].id")
        page.evaluate("socket.close()")
        wait_for(page, "ended !== null", "a closed WebSocket")
        page.evaluate(CONNECT, [url, protocols])
        wait_for(page, "socket.readyState == WebSocket.OPEN", "a second WebSocket")
        page.evaluate("id => say({op: 'subscribe', ref: 2, topics: ['house/ws'], since: id})", last)
        wait_for(page, "frames_.filter(f => f.op == 'message').length >= 25", "what came after the id")
        got = page.evaluate("frames_.filter(f => f.op == 'message').map(f => f.payload)")
        expect(got == [str(number) for number in range(25, 50)], f"after the id came {got}")
        page.evaluate("say({op: 'publish', ref: 3, topic: 'other/topic', payload: 'x'})")
        wait_for(page, "frames_.some(f => f.ref == 3 && f.status == 403)", "a refused publish")
    with stage.page(stage.refused.origin) as page:
        page.evaluate(CONNECT, [url, protocols])
        wait_for(page, "ended == 1006", "a WebSocket that is refused to another origin")
    return "50 messages there and back, resumed in the middle"
