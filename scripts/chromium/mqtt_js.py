"""MQTT.js, as Debian has it, in a page: through GET /mqtt to the broker."""

import os
import re
import shutil
import subprocess

import guarded

from chromium.stage import READER, WRITER, expect, wait_for

LIBRARY = "/usr/share/nodejs/mqtt"
# What a page has no use for: MQTT.js takes the WebSocket of the browser.
ABSENT = ("ws", "tls", "net", "http", "https", "crypto", "fs")
SHIM = """export { Buffer } from "buffer"
export const process = {
  env: {}, title: "browser", versions: {}, nextTick: (call, ...given) => queueMicrotask(() => call(...given)),
}
"""
CONNECT = """([url, token, version]) => {
    window.seen = []; window.answers = [];
    // A page can send no header here; the token is a second subprotocol. (MQTT.js 5 has the option createWebsocket.)
    const Plain = window.WebSocket;
    window.WebSocket = class extends Plain {
        constructor(url, protocols) { super(url, [...protocols, "bearer." + token]); } };
    window.client = mqtt.connect(url, {
        protocolVersion: version, clientId: "page", keepalive: 10, reconnectPeriod: 200,
    });
    for (const name of ["connect", "close", "error"]) client.on(name, () => seen.push(name));
    client.on("message", (topic, payload, packet) => seen.push([topic, payload.toString(), packet.qos]));
    window.subscribe = filters => client.subscribe(filters, (error, granted) =>
        answers.push(error ? String(error) : granted.map(one => [one.topic, one.qos])));
    window.publish = (topic, payload, qos) => client.publish(topic, payload, {qos}, (error, packet) =>
        answers.push([topic, error ? String(error) : "done"])); }"""


def bundle(scratch):
    """The library and what it stands on in one script; nothing where Debian's packages are not there."""
    if shutil.which("esbuild") is None or not os.path.isdir(LIBRARY):
        return None
    shim, empty, script = (scratch.file(name) for name in ("shim.js", "empty.js", "mqtt.js"))
    for path, text in ((shim, SHIM), (empty, "module.exports = {}\n")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run(
        ["esbuild", LIBRARY + "/lib/connect/index.js", "--bundle", "--platform=browser", "--global-name=mqtt",
         "--define:global=window", f"--inject:{shim}", "--alias:stream=readable-stream", "--log-level=error",
         *(f"--alias:{name}={empty}" for name in ABSENT), f"--outfile={script}"],
        check=True, env=os.environ | {"NODE_PATH": "/usr/share/nodejs"})
    with open(script, encoding="utf-8") as file:
        return file.read()


def tunnel(stage):
    """MQTT.js publishes, subscribes and comes back, as MQTT 5 and 3.1.1."""
    script = bundle(stage.scratch)
    if script is None:
        return "skipped: there is no MQTT.js (Debian: apt-get install node-mqtt esbuild node-buffer)"
    with open(LIBRARY + "/package.json", encoding="utf-8") as file:
        number = re.search(r'"version": "([^"]*)"', file.read()).group(1)
    url = stage.url.replace("http:", "ws:") + "/mqtt"
    token = guarded.token("page", READER | WRITER)
    for version in (5, 4):
        with stage.page(stage.allowed.origin) as page:
            page.add_script_tag(content=script)
            play(stage, page, [url, token, version])
    with stage.page(stage.refused.origin) as page:
        page.add_script_tag(content=script)
        page.evaluate(CONNECT, [url, token, 5])
        wait_for(page, "seen.includes('close')", "an end")
        expect(not page.evaluate("seen.includes('connect')"), "a page of another origin is connected")
    return f"MQTT.js {number} as MQTT 5 and 3.1.1: 50 messages there and back, filters, a new connection"


def play(stage, page, given):
    version = given[2]
    topic = f"house/js/{version}"
    page.evaluate(CONNECT, given)
    wait_for(page, "seen.includes('connect')", "a connection of MQTT.js")
    refused = 0x87 if version == 5 else 0x80
    page.evaluate("filters => subscribe(filters)", [topic + "/#", "garden/#"])
    wait_for(page, "answers.length == 1", "SUBACK")
    granted = page.evaluate("answers[0]")
    expect(granted in ([[topic + "/#", 0], ["garden/#", refused]], [[topic + "/#", 0]]),
           f"the filters were answered {granted}")
    page.evaluate("topic => client.subscribe(topic, {qos: 2})", topic + "/#")
    page.evaluate("answers.length = 0")
    for sent in range(50):
        page.evaluate("([topic, n]) => publish(topic + '/' + n % 3, String(n), n % 3)", [topic, sent])
    wait_for(page, "answers.length == 50", "50 publishes")
    expect(all(answer == "done" for _, answer in page.evaluate("answers")), "a publish was refused")
    wait_for(page, "seen.filter(Array.isArray).length >= 50", "50 messages")
    # Each QoS has a topic of its own: between them MQTT promises no order.
    for qos in range(3):
        got = page.evaluate("qos => seen.filter(one => one[2] === qos).map(one => one[1])", qos)
        expect(got == [str(sent) for sent in range(qos, 50, 3)], f"with QoS {qos} MQTT.js got {got}")
    expect(stage.publish(topic + "/x", "over HTTP") == 200, "no publish over HTTP")
    wait_for(page, "seen.some(one => one[1] == 'over HTTP')", "a message over HTTP")
    # The connection breaks, and the library comes back with its subscriptions by itself.
    page.evaluate("seen.length = 0; client.stream.destroy()")
    wait_for(page, "seen.includes('connect')", "a second connection")
    wait_for(page, "client._resubscribeTopics !== undefined", "the subscriptions")
    expect(stage.publish(topic + "/x", "again") == 200, "no second publish over HTTP")
    wait_for(page, "seen.some(one => one[1] == 'again')", "a message after the reconnect")
    page.evaluate("client.end()")
