// The publish form, with everything that MQTT 5 has, what was published before, and requests.
import { ask, explain } from "./api.js";
import { codeButton } from "./code.js";
import { byID, clock, empty, h, store, stored, toast } from "./dom.js";
import { payloadView } from "./payload.js";

const HISTORY_MAX = 50;
const FILE_MAX = 8 << 20;

const field = (label, input, hint) => h("label", { class: "field" }, h("span", {}, label), input, hint && h("small", { class: "muted" }, hint));
const select = (name, pairs) => h("select", { name }, pairs.map(([value, text]) => h("option", { value }, text)));

/** Makes the panel; `fill(message)` puts a message into the form, `track(id)` follows its state. */
export function publishPanel({ track }) {
  const panel = byID("panel-publish");
  const form = h("form", { class: "card publish", "aria-label": "Publish" });
  const result = h("div", { class: "result", role: "status" });
  const past = h("div", { class: "past" });
  const users = h("div", { class: "pairs" });
  let file, history = stored("published", []);

  const payload = h("textarea", { name: "payload", rows: 6, spellcheck: false, placeholder: "21.5" });
  const timeout = h("input", { name: "timeout", type: "number", min: 1, max: 3600, value: 5 });
  form.append(
    h("h2", {}, "Publish"),
    field("Topic", h("input", { name: "topic", required: true, value: "demo/hello", autocomplete: "off", spellcheck: false, class: "mono" })),
    field("Payload", payload),
    h("div", { class: "row-fields" },
      field("Payload is", select("encoding", [["plain", "text"], ["json", "JSON"], ["base64", "base64"]])),
      field("QoS", select("qos", [["1", "1, at least once"], ["0", "0, at most once"], ["2", "2, exactly once"]])),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "retain" }), "Retain"),
      h("label", { class: "field" }, h("span", {}, "Or a file"), h("input", { type: "file", name: "file", onchange: readFile }))),
    h("details", {}, h("summary", {}, "MQTT 5 properties"),
      h("div", { class: "row-fields" },
        field("Content type", h("input", { name: "content_type", placeholder: "application/json", autocomplete: "off" })),
        field("Payload format", select("payload_format_indicator", [["", "not said"], ["1", "1, UTF-8 text"], ["0", "0, bytes"]])),
        field("Expires after", h("input", { name: "message_expiry_interval", type: "number", min: 0, placeholder: "seconds" })),
        field("Response topic", h("input", { name: "response_topic", class: "mono", autocomplete: "off" })),
        field("Correlation data", h("input", { name: "correlation_data", placeholder: "base64", class: "mono", autocomplete: "off" }))),
      h("fieldset", {}, h("legend", {}, "User properties"), users,
        h("button", { type: "button", class: "quiet", onclick: () => addPair() }, "Add one"))),
    h("details", {}, h("summary", {}, "Delivery"),
      h("div", { class: "row-fields" },
        field("Answer waits for", select("ack", [["broker", "the broker"], ["stored", "our disk"], ["none", "nothing (QoS 0)"]])),
        field("Give up after", h("input", { name: "expires_in", type: "number", min: 0, placeholder: "86400 seconds" })),
        field("Idempotency key", h("input", { name: "idempotency_key", class: "mono", autocomplete: "off" })),
        field("Reply within (requests)", timeout))),
    h("div", { class: "actions" },
      h("button", { class: "primary", name: "publish" }, "Publish"),
      h("button", { type: "button", onclick: () => submit("request") }, "Request and wait for the reply"),
      codeButton("Publish", () => request("publish")),
      codeButton("Request", () => request("request"), "Request as…")),
    result);
  panel.append(form, h("div", { class: "card" }, h("header", { class: "bar" }, h("h2", {}, "Published from here"),
    h("button", { class: "quiet", type: "button", onclick: () => { history = []; store("published", history); drawPast(); } }, "Forget all")), past));

  form.addEventListener("submit", event => {
    event.preventDefault();
    submit("publish");
  });

  function addPair(name = "", value = "") {
    const row = h("div", { class: "pair" },
      h("input", { value: name, placeholder: "name", "aria-label": "Name of a user property", autocomplete: "off" }),
      h("input", { value, placeholder: "value", "aria-label": "Value of a user property", autocomplete: "off" }),
      h("button", { type: "button", class: "quiet", "aria-label": "Remove this user property", onclick: () => row.remove() }, "✕"));
    users.append(row);
  }

  async function readFile(event) {
    const [chosen] = event.target.files;
    file = undefined;
    payload.disabled = Boolean(chosen);
    if (!chosen) return;
    if (chosen.size > FILE_MAX) {
      toast("This file is larger than what the form sends; take curl -T for it", "bad");
      event.target.value = "";
      payload.disabled = false;
      return;
    }
    const data = new Uint8Array(await chosen.arrayBuffer());
    let text = "";
    for (let start = 0; start < data.length; start += 8192) text += String.fromCharCode(...data.subarray(start, start + 8192));
    file = { payload: btoa(text), type: chosen.type };
  }

  function envelope(kind) {
    const value = name => form.elements[name].value.trim();
    const message = { topic: value("topic") };
    const encoding = file ? "base64" : value("encoding");
    if (encoding === "json") message.payload = JSON.parse(payload.value);
    else message.payload = file ? file.payload : payload.value;
    if (encoding === "base64") message.payload_encoding = "base64";
    message.qos = Number(value("qos"));
    const properties = {};
    if (value("content_type") || file?.type) properties.content_type = value("content_type") || file.type;
    for (const name of ["payload_format_indicator", "message_expiry_interval"]) if (value(name) !== "") properties[name] = Number(value(name));
    if (kind === "publish") {
      if (form.elements.retain.checked) message.retain = true;
      for (const name of ["response_topic", "correlation_data"]) if (value(name)) properties[name] = value(name);
      if (value("ack") !== "broker") message.ack = value("ack");
      if (value("idempotency_key")) message.idempotency_key = value("idempotency_key");
      if (value("expires_in")) message.expires_in = Number(value("expires_in"));
    } else message.timeout = Number(timeout.value) || 5;
    const pairs = [...users.children].map(row => [...row.querySelectorAll("input")].map(input => input.value)).filter(([name]) => name !== "");
    if (pairs.length) properties.user_properties = pairs;
    if (Object.keys(properties).length) message.properties = properties;
    return message;
  }

  // JSON keeps its source text: what was written is what is sent, also numbers that JavaScript would round.
  function request(kind) {
    let message, body;
    try {
      message = envelope(kind);
      body = JSON.stringify(message);
      if (form.elements.encoding.value === "json" && !file) {
        const { payload: _, ...rest } = message;
        body = `${JSON.stringify(rest).slice(0, -1)},"payload":${payload.value.trim()}}`;
      }
    } catch {
      message = { topic: form.elements.topic.value, payload: payload.value };
      body = JSON.stringify(message);
    }
    return { method: "POST", path: kind, headers: { "Content-Type": "application/json", Accept: "application/json" }, body, message };
  }

  async function submit(kind) {
    if (!form.reportValidity()) return;
    try {
      if (form.elements.encoding.value === "json" && !file) JSON.parse(payload.value);
    } catch (error) {
      show("bad", "This payload is not JSON", error.message);
      return;
    }
    const sent = request(kind);
    show("", kind === "publish" ? "Publishing…" : "Waiting for the reply…");
    try {
      const answer = await ask(sent);
      remember(kind, sent.message, answer.state ?? "replied");
      if (kind === "publish") published(answer);
      else {
        show("ok", "Reply", `${answer.topic}${answer.elapsed_ms === undefined ? "" : `, after ${answer.elapsed_ms} ms`}`, payloadView(answer));
      }
    } catch (error) {
      remember(kind, sent.message, error.code ?? "failed");
      const kept = error.problem?.kept === false ? "Nothing was kept: it is safe to try again." : "";
      show("bad", explain(error), kept);
    }
  }

  function published(answer) {
    const nobody = answer.matching_subscribers === false ? " Nobody has subscribed to this topic." : "";
    const texts = {
      acked: `The broker has it.${nobody}`, sent: "Handed over, without an acknowledgement.",
      queued: "Stored on disk; it goes out when the broker is there.", received: "The broker has it, half way through QoS 2.",
    };
    show(answer.state === "acked" || answer.state === "sent" ? "ok" : "warn", `${answer.state}${answer.id ? "" : ""}`, texts[answer.state] ?? "",
      answer.id && h("p", { class: "mono small" }, answer.id, " ", h("button", { class: "quiet", type: "button", onclick: () => track(answer.id) }, "Follow its state")));
  }

  function show(kind, title, text = "", more) {
    result.className = `result ${kind}`;
    result.replaceChildren(h("strong", {}, title), text && h("p", {}, text), more || "");
  }

  function remember(kind, message, outcome) {
    const size = JSON.stringify(message).length;
    history.unshift({ kind, outcome, at: Date.now(), message: size < 4000 ? message : { ...message, payload: "" } });
    history.splice(HISTORY_MAX);
    store("published", history);
    drawPast();
  }

  function drawPast() {
    if (!history.length) {
      past.replaceChildren(empty("Nothing yet", "What you publish stays here, in this browser only, to be sent again with a click."));
      return;
    }
    past.replaceChildren(h("ul", { class: "plain" }, history.map(entry => h("li", {}, h("button", { type: "button", class: "past-entry", onclick: () => fill(entry.message) },
      h("span", { class: "number muted" }, clock(entry.at)), h("span", { class: "mono topic" }, entry.message.topic),
      h("span", { class: "muted value" }, typeof entry.message.payload === "string" ? entry.message.payload.slice(0, 60) : JSON.stringify(entry.message.payload).slice(0, 60)),
      h("span", { class: "badge" }, entry.outcome))))));
  }

  function fill(message) {
    const properties = message.properties ?? {};
    const isText = typeof message.payload === "string" || message.payload === undefined;
    form.elements.topic.value = message.topic ?? "";
    payload.value = isText ? message.payload ?? "" : JSON.stringify(message.payload, null, 2);
    payload.disabled = false;
    form.elements.file.value = "";
    file = undefined;
    form.elements.encoding.value = message.payload_encoding === "base64" ? "base64" : isText ? "plain" : "json";
    form.elements.qos.value = String(message.qos ?? 1);
    form.elements.retain.checked = Boolean(message.retain);
    for (const name of ["content_type", "payload_format_indicator", "message_expiry_interval", "response_topic", "correlation_data"]) form.elements[name].value = properties[name] ?? "";
    users.replaceChildren();
    for (const [name, value] of Array.isArray(properties.user_properties) ? properties.user_properties : []) addPair(name, value);
    if (Object.keys(properties).length) form.querySelector("details").open = true;
    result.replaceChildren();
    form.elements.topic.focus();
  }

  drawPast();
  return { fill };
}
