// The bridge at a glance: its broker with its limits, its store, and plots from /metrics.
import { adminCard, carefulButton, codeOf, operate } from "./admin.js";
import { send } from "./api.js";
import { byID, bytesText, count, h, rate, seconds, shortNumber } from "./dom.js";
import { Reading, parse, perSecond, quantile } from "./metrics.js";
import { Plot } from "./plots.js";

const perS = value => rate(value) || "0/s";
const facts = pairs => h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== undefined).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "number" }, String(value)))));
const streamRoutes = { route: ["/publish", "/topics/{topic...}", "/publish/batch"] };

export function overviewPanel(admin, isShown) {
  const panel = byID("panel-overview");
  let before;

  const plots = [
    [new Plot("Published", perS), (a, b) => [perSecond(a, b, "bridge_publish_total")]],
    [new Plot("Received from the broker", perS), (a, b) => [perSecond(a, b, "bridge_received_total")]],
    [new Plot("Requests", perS), (a, b) => [perSecond(a, b, "bridge_http_requests_total")]],
    [new Plot("Publish requests take", seconds, ["median", "99 %"]), (a, b) => [0.5, 0.99].map(part => quantile(a, b, part, "bridge_http_request_seconds", streamRoutes))],
    [new Plot("The broker acknowledges after", seconds, ["median", "99 %"]), (a, b) => [0.5, 0.99].map(part => quantile(a, b, part, "bridge_publish_ack_seconds"))],
    [new Plot("Commits take", seconds, ["median", "99 %"]), (a, b) => [0.5, 0.99].map(part => quantile(a, b, part, "bridge_store_commit_seconds"))],
    [new Plot("Waiting in the outbox", shortNumber), (a, b) => [b.sum("bridge_queue_messages")]],
    [new Plot("Open streams", shortNumber), (a, b) => [b.sum("bridge_streams")]],
    [new Plot("Processor", value => `${shortNumber(value * 100)} %`), (a, b) => [perSecond(a, b, "process_cpu_seconds_total")]],
    [new Plot("Memory", bytesText), (a, b) => [b.sum("process_resident_memory_bytes")]],
  ];

  const bridge = adminCard(admin, "Bridge", drawBridge, codeOf("The state", { path: "admin/status" }));
  const broker = adminCard(admin, "Broker and its limits", drawBroker);
  const disk = adminCard(admin, "Store", drawStore);
  const figures = h("div", { class: "card plots-card" }, h("header", { class: "bar" }, h("h2", {}, "The last five minutes"), codeOf("The metrics", { path: "metrics", answersText: true })),
    h("div", { class: "plots" }, plots.map(([plot]) => plot.element)));
  const explanation = h("div", { class: "card" });
  const cards = h("div", { class: "cards" }, bridge, broker, disk);
  panel.append(cards, figures, explanation);

  function drawBridge(body) {
    const { version, uptime_seconds: uptime, ready, draining, process } = admin.status;
    body.replaceChildren(facts([
      ["Version", version], ["Up for", seconds(uptime)], ["Ready", ready ? "yes" : "no"], ["In service", draining ? "no, drained" : "yes"],
      ["Memory", bytesText(process.resident_bytes)], ["Descriptors", `${count(process.open_descriptors)} of ${count(process.descriptors_max)}`],
    ]), h("div", { class: "actions" }, draining
      ? h("button", { type: "button", onclick: () => operate({ method: "DELETE", path: "admin/drain" }, "Back in service", () => admin.refresh()) }, "Put back into service")
      : carefulButton("Take out of service", () => operate({ method: "POST", path: "admin/drain" }, "Out of service: streams end, publishes are refused", () => admin.refresh())),
    codeOf("Drain", { method: "POST", path: "admin/drain" })));
  }

  function drawBroker(body) {
    const { broker: state } = admin.status;
    const limits = state.limits ?? {};
    body.replaceChildren(facts([
      ["State", state.state], ["Address", state.url], ["MQTT", state.protocol], ["Session", state.session_present === undefined ? undefined : state.session_present ? "kept" : "new"],
      ["Highest QoS", limits.maximum_qos], ["Retained messages", limits.retain_available === undefined ? undefined : limits.retain_available ? "yes" : "no"],
      ["Largest packet", limits.maximum_packet_size && bytesText(limits.maximum_packet_size)], ["At a time", limits.receive_maximum && count(limits.receive_maximum)],
      ["Reconnects", count(state.reconnects)], ["Uncertain publishes", count(state.uncertain_publishes)], ["Last error", state.last_error],
    ]));
  }

  function drawStore(body) {
    const { store } = admin.status;
    body.replaceChildren(facts([
      ["Waiting", count(store.queue ?? 0)], ["With the broker", count(store.inflight ?? 0)], ["Bytes", bytesText(store.bytes ?? 0)], ["Dead letters", count(store.dead_letters ?? 0)],
      ["Last commit", `${count(store.last_commit_ms ?? 0)} ms`], ["Log to be folded in", bytesText(store.wal_bytes ?? 0)], ["Failure", store.failure],
    ]));
  }

  async function read() {
    const answer = await send({ path: "metrics" }).catch(() => undefined);
    if (!answer?.ok) return;
    const now = new Reading(parse(await answer.text()), Date.now());
    for (const [plot, values] of plots) plot.add(...values(before, now));
    before = now;
  }

  function update() {
    const isThere = Boolean(admin.status);
    cards.hidden = figures.hidden = !isThere;
    explanation.hidden = isThere;
    if (!isThere) return explanation.replaceChildren(admin.explanation());
    read();
    if (!isShown() || panel.querySelector("[data-armed]")) return undefined;
    return Promise.all([bridge.update(), broker.update(), disk.update()]);
  }

  admin.addEventListener("status", update);
  return { update };
}
