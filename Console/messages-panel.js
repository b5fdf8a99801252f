// The subscriptions, and the messages of the one that is looked at.
import { ask, explain } from "./api.js";
import { codeButton, copyText, showCode } from "./code.js";
import { byID, clock, count, empty, h, rate, say, toast } from "./dom.js";
import { payloadView, preview, views } from "./payload.js";
import { WindowedList } from "./windowed.js";

const gapTexts = {
  history_expired: "older than what the bridge keeps", no_history: "a topic without history", not_subscribed: "not subscribed at the broker all the time",
  epoch_changed: "another database", broker_session_lost: "the broker forgot the session", broker_connection_lost: "the broker connection was lost",
  bridge_restarted: "the bridge was restarted", not_logged: "the disk failed", slow: "this page was too slow",
  history_forbidden: "no right to history", not_resumed: "the stream began anew",
};

/** The code of a subscription. */
export const subscribeRequest = filter => ({
  path: "subscribe", query: new URLSearchParams({ topic: filter }), isStream: true, filters: [filter],
  headers: { Accept: "text/event-stream" },
});

/** Shows the messages of a feed; `again` takes a message to the publish form. */
export function messagesPanel(feed, { again }) {
  const chips = byID("subscriptions"), tools = byID("message-tools"), none = byID("messages-empty"), detail = byID("message-detail");
  const form = byID("subscribe"), field = byID("filter");
  let current, view = "auto", shownEntry;

  const list = new WindowedList(byID("message-list"), { key: entry => entry.key, fill, onselect: choose });
  const search = h("input", { type: "search", placeholder: "Search messages", "aria-label": "Search messages", oninput: find, autocomplete: "off", spellcheck: false });
  const pause = h("button", { type: "button", "aria-pressed": "false", onclick: togglePause }, "Pause");
  const total = h("span", { class: "muted number", id: "message-count" });
  tools.append(search, pause,
    h("button", { class: "quiet", type: "button", onclick: () => { current?.clear(); choose(undefined); show(); } }, "Clear"),
    h("button", { class: "quiet", type: "button", onclick: loadHistory, title: "Load the kept messages of the last hour" }, "Last hour"),
    codeButton("Subscribe", () => subscribeRequest(current?.filter ?? "#")), total);

  function find() {
    current?.find(search.value);
    show();
  }

  function togglePause() {
    if (!current) return;
    current.frozen = current.frozen ? undefined : current.shown();
    current.frozenCount = current.count;
    drawTools();
    show();
  }

  async function loadHistory() {
    if (!current) return;
    const request = { path: "history", query: new URLSearchParams({ topic: current.filter, since: "1h", limit: 1000 }) };
    try {
      const page = await ask(request);
      const known = new Set(current.entries.map(entry => entry.message?.id));
      const older = page.messages.filter(message => !known.has(message.id)).map(message => ({ message, isOld: true }));
      const newer = current.entries;
      current.clear();
      for (const entry of [...older, ...newer]) current.add(entry);
      current.added = 0;
      toast(older.length ? `${count(older.length)} earlier messages` : "Nothing earlier is kept");
      show();
    } catch (error) {
      toast(explain(error), "bad");
    }
  }

  function fill(row, entry) {
    if (row.entry === entry) return;
    row.entry = entry;
    row.classList.toggle("gap", Boolean(entry.gap));
    if (entry.gap) {
      const missed = entry.gap.missed === null || entry.gap.missed === undefined ? "messages may be missing" : `${count(entry.gap.missed)} messages missing`;
      row.replaceChildren(h("span", { class: "time number" }, clock(entry.at)), h("span", { class: "gap-text" }, `Gap: ${missed}, ${gapTexts[entry.gap.reason] ?? entry.gap.reason}`));
      return;
    }
    const { message } = entry;
    row.replaceChildren(
      h("span", { class: "time number" }, message.received_at ? clock(message.received_at) : ""),
      h("span", { class: "topic" }, message.topic),
      h("span", { class: "value" }, preview(message)),
      h("span", { class: "badges" }, message.retain && h("span", { class: "badge", title: "retained" }, "R"), h("span", { class: "badge", title: `QoS ${message.qos}` }, `Q${message.qos}`)));
  }

  function choose(entry) {
    shownEntry = entry;
    detail.hidden = !entry;
    if (!entry) {
      list.selected = undefined;
      return;
    }
    if (entry.gap) {
      detail.replaceChildren(h("h3", {}, "Gap"), h("pre", { class: "payload", tabIndex: 0, "aria-label": "Gap" }, JSON.stringify(entry.gap, null, 2)));
      return;
    }
    const { message } = entry;
    const body = h("div", {}, payloadView(message, view));
    const segments = h("div", { class: "segments", role: "group", "aria-label": "Payload view" }, views.map(name =>
      h("button", {
        type: "button", "aria-pressed": String(name === view), onclick: () => {
          view = name;
          choose(entry);
          detail.querySelector(".segments [aria-pressed=true]").focus();
        },
      }, name === "json" ? "JSON" : name[0].toUpperCase() + name.slice(1))));
    const properties = Object.entries(message.properties ?? {});
    detail.replaceChildren(
      h("header", { class: "bar" }, h("h3", { class: "mono" }, message.topic), segments,
        h("button", { class: "quiet", type: "button", "aria-label": "Close", onclick: () => { choose(undefined); list.render(); list.element.focus(); } }, "✕")),
      body,
      h("dl", { class: "facts" }, ...[
        ["QoS", message.qos], ["Retained", message.retain ? "yes" : "no"], ["Received", message.received_at], ["Event id", message.id],
        ...properties.map(([name, value]) => [name.replaceAll("_", " "), Array.isArray(value) ? value.map(pair => pair.join(" = ")).join(", ") : value]),
      ].filter(([, value]) => value !== undefined).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "mono" }, String(value))))),
      h("div", { class: "actions" },
        h("button", { type: "button", onclick: () => again(message) }, "Publish again"),
        h("button", { class: "quiet", type: "button", onclick: () => copyText(message.payload) }, "Copy payload")));
  }

  function drawChips() {
    chips.replaceChildren(...feed.subscriptions.map(subscription => h("span", { class: `chip${subscription === current ? " current" : ""}${subscription.error ? " bad" : ""}` },
      h("button", { type: "button", class: "chip-name mono", "aria-pressed": String(subscription === current), title: subscription.error, onclick: () => pick(subscription) },
        subscription.filter, h("span", { class: "number muted chip-rate" })),
      h("button", { type: "button", class: "chip-close", "aria-label": `Unsubscribe ${subscription.filter}`, onclick: () => { feed.remove(subscription); } }, "✕"))));
    drawRates();
  }

  function drawRates() {
    chips.querySelectorAll(".chip-rate").forEach((element, index) => say(element, rate(feed.subscriptions[index]?.rate ?? 0)));
  }

  function pick(subscription) {
    if (subscription === current) return;
    current = subscription;
    search.value = current?.search ?? "";
    choose(undefined);
    list.element.scrollTop = 0;
    drawChips();
    drawTools();
    show();
  }

  function drawTools() {
    tools.hidden = !current;
    pause.setAttribute("aria-pressed", String(Boolean(current?.frozen)));
    say(pause, current?.frozen ? "Go on" : "Pause");
  }

  function show() {
    const items = current?.shown() ?? [];
    none.hidden = items.length > 0;
    list.element.hidden = items.length === 0;
    list.show(items, current?.frozen ? 0 : current?.added ?? 0);
    if (current) {
      const waiting = current.frozen ? ` · ${count(current.count - current.frozenCount)} new` : "";
      say(total, `${count(items.length)} shown${current.count > items.length ? ` of ${count(current.count)}` : ""}${waiting}`);
    }
    if (items.length === 0) drawEmpty();
    if (shownEntry && !list.items.includes(shownEntry) && !current?.frozen) shownEntry = undefined;
  }

  function drawEmpty() {
    const text = !current ? "none" : current.error ?? (current.search ? "search" : "wait");
    if (none.text === `${current?.filter} ${text}`) return;
    none.text = `${current?.filter} ${text}`;
    if (!current) none.replaceChildren(empty("Follow a topic", "Write a filter above, such as sensors/# for everything below sensors, and press Subscribe."));
    else if (current.error) none.replaceChildren(empty("This subscription does not work", current.error));
    else if (current.search) none.replaceChildren(empty("Nothing fits", "No kept message of this subscription contains what you search."));
    else {
      none.replaceChildren(empty(`Waiting for messages on ${current.filter}`, "Publish something, here or from anywhere else:",
        h("button", { class: "primary", type: "button", onclick: () => again({ topic: "demo/hello", payload: "hi" }) }, "Publish a message"),
        h("button", { type: "button", onclick: () => showCode("Publish", { method: "POST", path: "topics/demo/hello", body: "hi" }) }, "Show me how")));
    }
  }

  form.addEventListener("submit", event => {
    event.preventDefault();
    follow(field.value.trim());
    field.value = "";
  });

  function follow(filter) {
    if (filter) pick(feed.add(filter));
  }

  feed.addEventListener("subscriptions", () => {
    if (!feed.subscriptions.includes(current)) pick(feed.subscriptions[0]);
    drawChips();
    drawTools();
    show();
  });
  feed.addEventListener("messages", () => { if (!list.element.closest(".panel[hidden]")) show(); });
  feed.addEventListener("tick", drawRates);
  drawTools();
  show();
  return { follow, update: show };
}
