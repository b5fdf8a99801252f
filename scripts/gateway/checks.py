"""What a gateway must not spoil, one function each; every one returns what it found in a few words."""

import contextlib
import json
import socket
import ssl
import statistics
import threading
import time

import paho.mqtt.client as mqtt
import rig
import websocket
from paho.mqtt.enums import CallbackAPIVersion

from gateway.clients import DEADLINE, Stream, client, publish
from gateway.stage import CLIENT, FORGED


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def live(stage):
    """Each event is read before the next is published: a gateway that holds one back never gets the next."""
    with client(stage) as http, client(stage) as other:
        stream = Stream(stage, "topic=live/%23").opened()
        expect(stream.version == "HTTP/2", f"the stream came by {stream.version}")
        for number in range(20):
            answer = publish(other, stage.url, "live/x", str(number))
            expect(answer.status_code == 200, f"a publish was answered {answer.status_code}")
            expect(answer.http_version == "HTTP/2", f"a publish went by {answer.http_version}")
            expect(stream.next()["data"]["payload"] == str(number), f"event {number} is another one")
        lines = http.stream("GET", f"{stage.url}/subscribe?topic=lines/x&format=ndjson")
        with lines as response:
            each = (line for line in response.iter_lines() if line)
            expect("bridge.open" in next(each), "lines of JSON did not open")
            for number in range(5):
                publish(other, stage.url, "lines/x", str(number))
                expect(json.loads(next(each))["payload"] == str(number), f"line {number} is another one")
    return "20 events and 5 lines came one by one, by HTTP/2"


def delay(stage):
    """Reported beside the direct connection, and not judged: the figures are this machine's."""
    found = {}
    # Both bridges have the filter at the broker already, so that a first event is not the answer to a SUBSCRIBE.
    warm = [Stream(stage, "topic=delay/%23", base=base).opened() for base in stage.directs]
    with client(stage) as other:
        for _ in range(3):
            for name, base in (("direct", stage.direct), ("gateway", stage.url)):
                began = time.monotonic()
                stream = Stream(stage, "topic=delay/%23", base=base).opened()
                first, each = found.setdefault(name, ([], []))
                first.append(time.monotonic() - began)
                for _ in range(40):
                    began = time.monotonic()
                    publish(other, stage.direct, "delay/x", "x")
                    stream.next()
                    each.append(time.monotonic() - began)
    expect(not any(stream.has_ended for stream in warm), "a stream ended")
    parts = [f"{name} {statistics.median(first) * 1000:.1f} ms and {statistics.median(each) * 1000:.2f} ms"
             for name, (first, each) in found.items()]
    return "to the first event and per published event: " + ", ".join(parts)


def sockets(stage):
    """GET /ws by a WebSocket client, and GET /mqtt by paho."""
    connection = websocket.create_connection(
        stage.url.replace("https", "wss") + "/ws", timeout=DEADLINE, subprotocols=["bridge.v1.json"],
        suppress_origin=True, sslopt={"ca_certs": stage.certificate.chain})
    try:
        expect(json.loads(connection.recv())["op"] == "open", "the WebSocket did not open")
        connection.send(json.dumps({"op": "subscribe", "ref": 1, "topics": ["ws/#"]}))
        expect(json.loads(connection.recv())["status"] == 200, "the WebSocket did not subscribe")
        for number in range(10):
            connection.send(json.dumps({"op": "publish", "ref": 2 + number, "topic": "ws/x", "payload": str(number)}))
            # The result and the message come in either order.
            both = {part["op"]: part for part in (json.loads(connection.recv()) for _ in range(2))}
            expect(both["result"]["status"] == 200, f"a publish was answered {both['result']}")
            expect(both["message"]["payload"] == str(number), f"message {number} is {both['message']}")
    finally:
        connection.close()
    return f"/ws answered 10 publishes, {tunnel(stage)}"


def tunnel(stage):
    got, subscribed = [], threading.Event()
    paho = mqtt.Client(CallbackAPIVersion.VERSION2, transport="websockets", protocol=mqtt.MQTTv5)
    paho.ws_set_options(path=stage.prefix + "/mqtt", headers=lambda usual: {
        name: value for name, value in usual.items() if name != "Origin"})
    paho.tls_set(ca_certs=stage.certificate.chain, cert_reqs=ssl.CERT_REQUIRED)
    paho.on_connect = lambda *_: paho.subscribe("tunnel/#", 1)
    paho.on_subscribe = lambda *_: subscribed.set()
    paho.on_message = lambda c, u, message: got.append(message.payload)
    paho.connect("127.0.0.1", stage.gateway.port, keepalive=10)
    paho.loop_start()
    try:
        expect(subscribed.wait(DEADLINE), "paho did not subscribe through /mqtt")
        paho.publish("tunnel/x", b"through", qos=1)
        rig.wait_until(lambda: got == [b"through"], DEADLINE, "a message through /mqtt")
    finally:
        paho.disconnect()
        paho.loop_stop()
    return "/mqtt carried paho"


def idle(stage):
    """A silent stream lives on by its heartbeats; one with fewer is cut, so the time-out is in force."""
    with client(stage) as other:
        kept = Stream(stage, "topic=idle/%23").opened()
        rare = Stream(stage, "topic=idle/%23&heartbeat=55").opened()
        rig.wait_until(lambda: rare.has_ended, 40, "a stream without heartbeats that the gateway cuts")
        expect(rare.next("nothing") is None, "a silent stream had an event")
        at_cut = kept.heartbeats
        rig.wait_until(lambda: kept.heartbeats >= at_cut + 2, 40, "heartbeats on the other stream")
        expect(publish(other, stage.url, "idle/x", "still there").status_code == 200, "a publish failed")
        expect(kept.next()["data"]["payload"] == "still there", "the silent stream lost its message")
    return f"a stream lived through {kept.heartbeats} heartbeats, one without was cut"


def address(stage):
    """The bridge sees who asks the gateway; what others write into headers counts for nothing."""
    forged = {"X-Forwarded-For": FORGED, "Forwarded": f"for={FORGED}", "X-Real-IP": FORGED}
    with client(stage, CLIENT) as http:
        for headers in ({}, forged):
            answer = http.get(f"{stage.url}/history?topic=address/x", headers=headers)
            expect(answer.status_code == 200, f"a request was answered {answer.status_code}")
            seen = stage.logged(answer.headers["Request-Id"])["client"]
            expect(seen == CLIENT, f"the bridge saw {seen} behind the gateway, with {headers}")
        # Who goes past the gateway is not a trusted proxy.
        answer = http.get(f"{stage.direct}/history?topic=address/x", headers={**forged, "X-Request-Id": "mine"})
        expect(answer.headers["Request-Id"] != "mine", "somebody who is no proxy named a request")
        seen = stage.logged(answer.headers["Request-Id"])["client"]
        expect(seen == CLIENT, f"the bridge believed an untrusted sender: {seen}")
        # And one that is shows that the header is what counts.
    with client(stage) as http:
        answer = http.get(f"{stage.direct}/history?topic=address/x", headers=forged)
        seen = stage.logged(answer.headers["Request-Id"])["client"]
        expect(seen == FORGED, f"the bridge did not believe its proxy: {seen}")
    return f"{CLIENT} is seen, {FORGED} never"


def proxied_address(stage):
    """The same by the PROXY protocol, where the connection names the client and no header counts."""
    with client(stage, CLIENT) as http:
        forged = {"X-Forwarded-For": FORGED, "Forwarded": f"for={FORGED}"}
        answer = http.get(f"{stage.url}/history?topic=address/x", headers=forged)
        expect(answer.status_code == 200, f"a request was answered {answer.status_code}")
        seen = stage.logged(answer.headers["Request-Id"])["client"]
        expect(seen == CLIENT, f"the bridge saw {seen} by the PROXY protocol")
        stream = Stream(stage, "topic=address/%23").opened()
        expect(publish(http, stage.url, "address/x", "1").status_code == 200, "a publish failed")
        stream.next()
    # Without the header nobody is served.
    with socket.create_connection((stage.members[0].host, stage.members[0].port), DEADLINE) as plain:
        plain.sendall(b"GET /history?topic=x HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            expect(plain.recv(1) == b"", "a connection without the PROXY protocol was answered")
    return f"{CLIENT} is seen by the PROXY protocol"


def prefix(stage):
    """Behind base_path: the page, a stream and a publish; what is outside is not the bridge's."""
    with client(stage) as http:
        page = http.get(stage.url + "/")
        expect(page.status_code == 200 and "<title>mqtt-bridge</title>" in page.text, "the page is not there")
        expect('EventSource("subscribe?' in page.text, "the page does not name its stream relatively")
        stream = Stream(stage, "topic=prefix/%23").opened()
        answer = publish(http, stage.url, "prefix/x", "x")
        expect(answer.status_code == 200, f"a publish was answered {answer.status_code}")
        expect(answer.headers["Location"].startswith(stage.prefix + "/messages/"),
               f"the answer names {answer.headers['Location']}")
        expect(stream.next()["data"]["payload"] == "x", "the message did not come")
        outside = http.get(stage.url.removesuffix(stage.prefix) + "/history?topic=x")
        expect("Request-Id" not in outside.headers, "the gateway hands on what is outside of the prefix")
    return f"page, stream and publish work under {stage.prefix}"
