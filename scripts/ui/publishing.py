"""The publish form: every field, the history, requests."""

import base64
import contextlib
import http.client
import json
import threading

from ui.desk import PREFIX, expect, wait_text


def publish(desk):
    """A message with every property arrives so; the history brings it back; what is wrong is said."""
    with desk.console("publish") as page:
        field(page, "topic").fill("form/all")
        field(page, "payload").fill('{"n":12345678901234567890}')
        field(page, "encoding").select_option("json")
        field(page, "qos").select_option("2")
        field(page, "retain").check()
        page.get_by_text("MQTT 5 properties").click()
        field(page, "content_type").fill("application/json")
        field(page, "payload_format_indicator").select_option("1")
        field(page, "message_expiry_interval").fill("3600")
        field(page, "response_topic").fill("form/reply")
        field(page, "correlation_data").fill(base64.b64encode(b"ab").decode())
        page.get_by_role("button", name="Add one").click()
        page.get_by_label("Name of a user property").fill("unit")
        page.get_by_label("Value of a user property").fill("C")
        page.get_by_text("Delivery", exact=True).last.click()
        field(page, "expires_in").fill("60")
        field(page, "idempotency_key").fill("a-key-of-the-form")
        page.get_by_role("button", name="Publish", exact=True).click()
        wait_text(page, ".result.ok", "acked")
        got = desk.get("topics/form/all")
        properties = got["properties"]
        # The number is as it was written, not as JavaScript would have it.
        expect(got["payload"] == '{"n":12345678901234567890}', f"the payload is {got['payload']}")
        expect(got["qos"] == 2 and got["retain"], f"the message is {got}")
        expect(properties["response_topic"] == "form/reply" and properties["correlation_data"] == "YWI=", f"{properties}")
        expect(properties["user_properties"] == [["unit", "C"]], f"{properties}")
        expect(0 < properties["message_expiry_interval"] <= 3600, f"{properties}")

        wait_text(page, ".past-entry", "form/all")
        field(page, "topic").fill("form/other")
        page.locator(".past-entry").first.click()
        expect(field(page, "topic").input_value() == "form/all", "the history does not fill the form")
        expect(field(page, "content_type").input_value() == "application/json", "properties are lost in the history")
        field(page, "topic").fill("form/+")
        page.get_by_role("button", name="Publish", exact=True).click()
        wait_text(page, ".result.bad", "topic-invalid")
        field(page, "payload").fill("{")
        page.get_by_role("button", name="Publish", exact=True).click()
        wait_text(page, ".result.bad", "not JSON")
        page.reload()
        wait_text(page, ".past-entry", "form/all")
    return "all properties, history, refusals"


def request(desk):
    """A device replies, and the page shows what it said."""
    Device(desk, "device/1/command")
    with desk.console("publish") as page:
        field(page, "topic").fill("device/1/command")
        field(page, "payload").fill("status")
        page.get_by_role("button", name="Request and wait").click()
        wait_text(page, ".result.ok", "Reply")
        wait_text(page, ".result.ok .payload", "echo of status")
        field(page, "topic").fill("device/nobody")
        page.get_by_text("Delivery", exact=True).last.click()
        field(page, "timeout").fill("1")
        page.get_by_role("button", name="Request and wait").click()
        wait_text(page, ".result.bad", "reply-timeout")
    return "a reply, and none"


class Device:
    """Answers requests on a topic."""

    def __init__(self, desk, topic):
        self.desk = desk
        self.connection = http.client.HTTPConnection("127.0.0.1", desk.bridge.port, timeout=60)
        self.connection.request("GET", f"{PREFIX}/subscribe?topic={topic}&format=ndjson")
        self.stream = self.connection.getresponse()
        while b"bridge.open" not in self.stream.readline():
            pass
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            for line in self.stream:
                message = json.loads(line) if line.strip() else {}
                properties = message.get("properties", {})
                if "response_topic" not in properties:
                    continue
                reply = {"topic": properties["response_topic"], "payload": f"echo of {message['payload']}",
                         "properties": {"correlation_data": properties["correlation_data"]}}
                self.desk.ask("POST", "publish", json.dumps(reply), Content_Type="application/json")


def field(page, name):
    return page.locator(f".publish [name={name}]")
