// What is on its way to the broker, what could not be delivered, and the state of one message.
import { adminCard, carefulButton, codeOf, mono, operate, redraw, table, when } from "./admin.js";
import { ask, explain } from "./api.js";
import { codeButton } from "./code.js";
import { byID, bytesText, count, empty, h } from "./dom.js";
import { payloadView } from "./payload.js";

const finalStates = ["acked", "rejected", "expired"];

/** Makes the panel; `track(id)` shows the state of a message. */
export function deliveryPanel(admin, isShown) {
  const panel = byID("panel-delivery");
  const id = h("input", { name: "id", class: "mono", placeholder: "0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001", "aria-label": "Message id", autocomplete: "off", spellcheck: false, required: true });
  const state = h("div", { class: "result", role: "status" });
  const form = h("form", { class: "bar subscribe", onsubmit: event => { event.preventDefault(); lookUp(id.value.trim()); } },
    id, h("button", { class: "primary" }, "Look up"), codeButton("Look up a message", () => ({ path: `messages/${id.value.trim() || "ID"}` })));
  let looked = 0, cursors = {};

  const queue = adminCard(admin, "Outbox", drawQueue, codeOf("The outbox", { path: "admin/queue" }));
  const dead = adminCard(admin, "Dead letters", drawDead,
    carefulButton("Delete all", () => operate({ method: "DELETE", path: "admin/dead-letters", query: "all=true" }, "Deleted", () => dead.update())),
    codeOf("The dead letters", { path: "admin/dead-letters" }));
  const explanation = h("div", { class: "card" });
  panel.append(h("div", { class: "card" }, h("h2", {}, "State of a message"), form, state), queue, dead, explanation);

  async function lookUp(wanted) {
    const mine = looked += 1;
    try {
      const message = await ask({ path: `messages/${encodeURIComponent(wanted)}` });
      if (mine !== looked) return;
      state.className = `result ${message.state === "acked" ? "ok" : message.state === "rejected" || message.state === "expired" ? "bad" : "warn"}`;
      state.replaceChildren(h("strong", {}, message.state), h("dl", { class: "facts" }, Object.entries(message)
        .filter(([name]) => name !== "state").map(([name, value]) => h("div", {}, h("dt", {}, name.replaceAll("_", " ")), h("dd", { class: "mono" }, typeof value === "object" ? JSON.stringify(value) : String(value))))));
      // The next answer comes when the message has ended.
      if (!finalStates.includes(message.state)) follow(wanted, mine);
    } catch (error) {
      state.className = "result bad";
      state.replaceChildren(h("strong", {}, explain(error)));
    }
  }

  async function follow(wanted, mine) {
    await ask({ path: `messages/${encodeURIComponent(wanted)}`, query: "wait=20" }).catch(() => {});
    if (mine === looked) lookUp(wanted);
  }

  const pages = (name, next, card) => h("div", { class: "actions" },
    cursors[name] && h("button", { type: "button", onclick: () => { cursors[name] = undefined; card.update(); } }, "First page"),
    next && h("button", { type: "button", onclick: () => { cursors[name] = next; card.update(); } }, "Next page"));

  async function drawQueue(body) {
    const page = await ask({ path: "admin/queue", query: new URLSearchParams({ limit: 50, ...(cursors.queue && { cursor: cursors.queue }) }) });
    const head = h("p", { class: "muted number" }, `${count(page.total)} of ${count(page.messages_max)} messages · ${bytesText(page.bytes)} of ${bytesText(page.bytes_max)} · ${count(page.sending)} with the broker · ${count(page.committing)} waiting for the disk`);
    if (!page.messages.length) return redraw(body, head, empty("The outbox is empty", "Messages with QoS 1 and 2 wait here while the broker is away."));
    return redraw(body, head, table("Outbox", [
      ["Topic", row => mono(row.topic)], ["State", row => h("span", { class: "badge" }, row.state)], ["QoS", row => String(row.qos)],
      ["Size", row => bytesText(row.bytes)], ["Stored", row => when(row.stored_at)], ["Expires", row => row.expires_at ? h("time", { title: row.expires_at, class: "number" }, new Date(row.expires_at).toLocaleString()) : "never"],
      ["", row => h("button", { class: "quiet", type: "button", onclick: () => track(row.id) }, "State")],
    ], page.messages), pages("queue", page.next_cursor, queue));
  }

  async function drawDead(body) {
    const page = await ask({ path: "admin/dead-letters", query: new URLSearchParams({ limit: 50, preview: 120, ...(cursors.dead && { cursor: cursors.dead }) }) });
    if (!page.dead_letters.length) return redraw(body, empty("No dead letters", "What the broker or a webhook refuses for good is kept here, to be tried again or deleted."));
    return redraw(body, table("Dead letters", [
      ["Topic", row => mono(row.topic)], ["Kind", row => row.webhook ? `webhook ${row.webhook}` : row.kind],
      ["Reason", row => [row.reason ?? "", row.reason_code === undefined ? "" : `code ${row.reason_code}`, row.delivery === "uncertain" ? "uncertain" : ""].filter(Boolean).join(", ")],
      ["Payload", row => row.payload ? h("details", {}, h("summary", {}, bytesText(row.payload_bytes ?? 0)), payloadView(row)) : bytesText(row.payload_bytes ?? 0)],
      ["Died", row => when(row.died_at)],
      ["", row => h("span", { class: "actions" },
        h("button", { type: "button", onclick: () => operate({ method: "POST", path: `admin/dead-letters/${row.id}/retry` }, "Back in the queue", () => dead.update()) }, "Retry"),
        carefulButton("Delete", () => operate({ method: "DELETE", path: `admin/dead-letters/${row.id}` }, "Deleted", () => dead.update())),
        codeOf("Retry a dead letter", { method: "POST", path: `admin/dead-letters/${row.id}/retry` }))],
    ], page.dead_letters), pages("dead", page.next_cursor, dead));
  }

  function track(wanted) {
    id.value = wanted;
    lookUp(wanted);
  }

  function update() {
    const isThere = Boolean(admin.status);
    queue.hidden = dead.hidden = !isThere;
    explanation.hidden = isThere;
    if (!isThere) return explanation.replaceChildren(admin.explanation());
    // What somebody is using is not drawn anew under the hand.
    if (!isShown() || panel.querySelector("details[open], [data-armed]")) return undefined;
    return Promise.all([queue.update(), dead.update()]).catch(() => {});
  }

  admin.addEventListener("status", update);
  return { track, update };
}
