// Who listens: open streams, named subscriptions and webhooks, with their lag.
import { adminCard, carefulButton, codeOf, mono, operate, redraw, table, when } from "./admin.js";
import { ask, explain } from "./api.js";
import { byID, count, empty, h } from "./dom.js";

const kinds = { sse: "event stream", ndjson: "lines", ws: "WebSocket", mqtt: "MQTT tunnel" };

export function streamsPanel(admin, isShown) {
  const panel = byID("panel-streams");
  let cursor;
  const streams = adminCard(admin, "Open streams", drawStreams, codeOf("The open streams", { path: "admin/connections" }));
  const webhooks = adminCard(admin, "Webhooks", drawWebhooks, codeOf("Webhooks", { path: "healthz" }));
  const namedBody = h("div", { class: "card-body" });
  const named = h("div", { class: "card" }, h("header", { class: "bar" }, h("h2", {}, "Named subscriptions"), codeOf("Named subscriptions", { path: "subscriptions" })), namedBody);
  const explanation = h("div", { class: "card" });
  panel.append(streams, named, webhooks, explanation);

  async function drawStreams(body) {
    const page = await ask({ path: "admin/connections", query: new URLSearchParams({ limit: 100, ...(cursor && { cursor }) }) });
    const { behind, gaps } = admin.status.streams;
    const head = h("p", { class: "muted number" }, `${count(page.total)} open · ${count(behind)} behind the newest message · ${count(gaps)} gaps told`);
    if (!page.connections.length) return redraw(body, head, empty("Nobody listens", "Streams of GET /subscribe and WebSockets are listed here while they are open."));
    return redraw(body, head, table("Open streams", [
      ["Kind", row => kinds[row.kind] ?? row.kind], ["Topics", row => mono(row.subscription ? `@${row.subscription}` : row.topics.join("  "))],
      ["Client", row => mono(row.client_address)], ["Open since", row => when(row.opened_at)], ["Id", row => mono(row.id)],
      ["", row => h("span", { class: "actions" },
        carefulButton("End", () => operate({ method: "DELETE", path: `admin/connections/${row.id}` }, "Ended; its client may come again", () => streams.update())),
        codeOf("End a stream", { method: "DELETE", path: `admin/connections/${row.id}` }))],
    ], page.connections), h("div", { class: "actions" },
      cursor && h("button", { type: "button", onclick: () => { cursor = undefined; streams.update(); } }, "First page"),
      page.next_cursor && h("button", { type: "button", onclick: () => { cursor = page.next_cursor; streams.update(); } }, "Next page")));
  }

  async function drawNamed() {
    try {
      const { subscriptions } = await ask({ path: "subscriptions" });
      if (!subscriptions.length) {
        redraw(namedBody, empty("No named subscriptions", "They keep a consumer's place on the bridge. PUT /subscriptions/NAME makes one."));
        return;
      }
      redraw(namedBody, table("Named subscriptions", [
        ["Name", row => mono(row.name)], ["Topics", row => mono(row.topics.join("  "))],
        ["Lag", row => h("span", { class: row.behind ? "number warn-text" : "number" }, `${count(row.behind ?? 0)} events`)],
        ["Consumers", row => String(row.consumers ?? (row.consumer ? 1 : 0))], ["Shared", row => row.shared ? "yes" : "no"],
        ["", row => h("span", { class: "actions" },
          carefulButton("Delete", () => operate({ method: "DELETE", path: `subscriptions/${encodeURIComponent(row.name)}` }, "Deleted", drawNamed)),
          codeOf("Consume it", { path: "subscribe", query: new URLSearchParams({ subscription: row.name }), isStream: true }))],
      ], subscriptions));
    } catch (error) {
      redraw(namedBody, empty("Cannot be listed", explain(error)));
    }
  }

  function drawWebhooks(body) {
    const list = admin.status.webhooks;
    if (!list.length) return redraw(body, empty("No webhooks", "The section webhooks of the configuration file sends messages to other servers."));
    const names = [...new Set(list.flatMap(Object.keys))].slice(0, 8);
    return redraw(body, table("Webhooks", names.map(name => [name.replaceAll("_", " "), row => mono(typeof row[name] === "object" ? JSON.stringify(row[name]) : String(row[name] ?? ""))]), list));
  }

  function update() {
    const isThere = Boolean(admin.status);
    streams.hidden = webhooks.hidden = !isThere;
    explanation.hidden = isThere;
    if (!isThere) explanation.replaceChildren(admin.explanation());
    if (!isShown() || panel.querySelector("[data-armed]")) return undefined;
    drawNamed();
    return isThere ? Promise.all([streams.update(), webhooks.update()]).catch(() => {}) : undefined;
  }

  admin.addEventListener("status", update);
  return { update };
}
