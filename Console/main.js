// The console: brings the parts together.
import { Admin } from "./admin.js";
import { onIdentity } from "./api.js";
import { deliveryPanel } from "./delivery-panel.js";
import { byID, h, say } from "./dom.js";
import { ConsoleFeed } from "./feed.js";
import { messagesPanel } from "./messages-panel.js";
import { overviewPanel } from "./overview-panel.js";
import { publishPanel } from "./publish-panel.js";
import { signInDialog } from "./sign-in.js";
import { streamsPanel } from "./streams-panel.js";
import { topicsPanel } from "./topics-panel.js";

const names = { live: "Live", publish: "Publish", delivery: "Delivery", streams: "Streams", overview: "Overview" };
const feed = new ConsoleFeed();
const admin = new Admin();
let shown = "live";

const isShown = name => () => shown === name && !document.hidden;
const delivery = deliveryPanel(admin, isShown("delivery"));
const panels = { delivery, streams: streamsPanel(admin, isShown("streams")), overview: overviewPanel(admin, isShown("overview")) };
const publish = publishPanel({
  track: id => {
    open("delivery");
    delivery.track(id);
  },
});
const again = message => {
  open("publish");
  publish.fill(message);
};
const messages = messagesPanel(feed, { again });
// What came while another view was shown.
panels.live = messages;
topicsPanel(feed, { follow: messages.follow, publishTo: topic => again({ topic, payload: "" }) });
signInDialog();

const tabs = byID("tabs");
tabs.append(...Object.entries(names).map(([name, title]) => h("button", {
  type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, onclick: () => open(name),
}, title)));
tabs.addEventListener("keydown", event => {
  const order = Object.keys(names), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  open(order[(order.indexOf(shown) + step + order.length) % order.length]);
  byID(`tab-${shown}`).focus();
});

function open(name) {
  shown = name in names ? name : "live";
  for (const each of Object.keys(names)) {
    byID(`panel-${each}`).hidden = each !== shown;
    const tab = byID(`tab-${each}`);
    tab.setAttribute("aria-selected", String(each === shown));
    tab.tabIndex = each === shown ? 0 : -1;
  }
  if (location.hash.slice(1) !== shown) history.replaceState(null, "", `#${shown}`);
  panels[shown]?.update();
}

function pill(element, kind, text, title = "") {
  element.className = `pill ${kind}`;
  element.title = title;
  say(element.querySelector(".text"), text);
}

const streamTexts = { idle: "no subscription", connecting: "connecting", open: "live", waiting: "waiting to reconnect", closed: "closed" };
feed.addEventListener("state", () => {
  const kind = { open: "ok", idle: "", waiting: "bad", closed: "bad" }[feed.state] ?? "warn";
  pill(byID("stream-state"), kind, streamTexts[feed.state] ?? feed.state, feed.reason ?? "");
});

admin.addEventListener("status", () => {
  const state = byID("broker-state"), broker = admin.status?.broker;
  state.hidden = !broker;
  if (broker) pill(state, broker.state === "connected" ? "ok" : "bad", `broker ${broker.state}`, [broker.url, `MQTT ${broker.protocol}`, broker.last_error].filter(Boolean).join(", "));
});

onIdentity(() => {
  feed.start();
  admin.start();
});
addEventListener("hashchange", () => open(location.hash.slice(1)));
open(location.hash.slice(1));
feed.start();
admin.start();
