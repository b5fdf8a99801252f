// What comes from the bridge: subscriptions with their messages, and the topic tree.
import { connect } from "../mqtt-bridge.js";
import { base, credential, explain, identity } from "./api.js";
import { store, stored } from "./dom.js";
import { TopicTree } from "./topic-tree.js";

const KEPT_MESSAGES = 2000;
const KEPT_CHARACTERS = 8 << 20;
const KEPT_OVER_RELOAD = 200;

let serial = 0;

/** One filter that is followed, and what came. */
export class Subscription {
  constructor(filter, color) {
    Object.assign(this, { filter, color, entries: [], view: [], count: 0, since: 0, rate: 0, search: "", frozen: undefined, characters: 0, added: 0 });
    this.error = undefined;
  }

  add(entry) {
    entry.key = serial += 1;
    this.entries.push(entry);
    this.characters += entry.message?.payload?.length ?? 0;
    if (this.fits(entry)) {
      this.view.push(entry);
      this.added += 1;
    }
    if (this.entries.length > KEPT_MESSAGES * 1.1 || this.characters > KEPT_CHARACTERS) this.#forget();
  }

  #forget() {
    let dropped = Math.max(0, this.entries.length - KEPT_MESSAGES);
    for (let index = 0; index < dropped; index++) this.characters -= this.entries[index].message?.payload?.length ?? 0;
    while (this.characters > KEPT_CHARACTERS && dropped < this.entries.length - 1) {
      this.characters -= this.entries[dropped].message?.payload?.length ?? 0;
      dropped += 1;
    }
    const oldest = this.entries[dropped].key;
    this.entries.splice(0, dropped);
    const first = this.view.findIndex(entry => entry.key >= oldest);
    this.view.splice(0, first < 0 ? this.view.length : first);
  }

  fits(entry) {
    if (!this.search || entry.gap) return true;
    const { topic, payload } = entry.message;
    return topic.toLowerCase().includes(this.search) || String(payload).slice(0, 4096).toLowerCase().includes(this.search);
  }

  find(text) {
    this.search = text.trim().toLowerCase();
    this.view = this.entries.filter(entry => this.fits(entry));
    if (this.frozen) this.frozen = this.view.slice().reverse();
  }

  clear() {
    Object.assign(this, { entries: [], view: [], characters: 0, frozen: this.frozen && [] });
  }

  /** The entries to be shown, the newest first. */
  shown() { return this.frozen ?? this.view.slice().reverse(); }
}

/** Everything that is followed, brought to the page once per frame. */
export class ConsoleFeed extends EventTarget {
  constructor() {
    super();
    this.tree = new TopicTree();
    this.subscriptions = [];
    this.pending = [];
    this.state = "idle";
    this.ticked = performance.now();
    setInterval(() => this.#tick(), 1000);
    addEventListener("pagehide", () => this.#keep());
  }

  /** Connects, as whoever is signed in, and follows what was followed before. */
  start() {
    this.bridge?.close();
    const who = JSON.stringify(identity());
    let hash = 0;
    for (const character of who) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
    this.bridge = connect({
      url: base, headers: credential, share: `console-${hash.toString(36)}`, resume: 300,
      onstate: (state, reason) => {
        Object.assign(this, { state, reason });
        this.dispatchEvent(new Event("state"));
      },
    });
    const filters = this.subscriptions.length ? this.subscriptions.map(each => each.filter)
      : stored("filters", stored("filters", ["#"]), sessionStorage);
    const kept = stored("messages", {}, sessionStorage);
    const before = this.subscriptions;
    this.subscriptions = [];
    for (const filter of filters) {
      const subscription = before.find(each => each.filter === filter) ?? new Subscription(filter);
      if (!before.length) for (const message of kept[filter] ?? []) this.#take(subscription, { message, isOld: true });
      this.#follow(subscription);
    }
    this.dispatchEvent(new Event("subscriptions"));
  }

  add(filter) {
    const known = this.subscriptions.find(each => each.filter === filter);
    if (known) return known;
    const subscription = new Subscription(filter);
    this.#follow(subscription);
    this.#remember();
    return subscription;
  }

  remove(subscription) {
    subscription.handle.close();
    this.subscriptions = this.subscriptions.filter(each => each !== subscription);
    this.#remember();
  }

  #follow(subscription) {
    subscription.error = undefined;
    this.subscriptions.push(subscription);
    subscription.handle = this.bridge.subscribe(subscription.filter, {
      onmessage: message => this.#take(subscription, { message }),
      ongap: gap => this.#take(subscription, { gap, at: Date.now() }),
      onopen: open => {
        const granted = open.subscriptions?.find(each => each.topic === subscription.filter);
        subscription.error = granted?.reason_code >= 128 ? `the broker refuses this filter (0x${granted.reason_code.toString(16)})` : undefined;
        this.dispatchEvent(new Event("subscriptions"));
      },
      onerror: error => {
        subscription.error = explain(error);
        this.dispatchEvent(new Event("subscriptions"));
      },
    });
  }

  #remember() {
    const filters = this.subscriptions.map(each => each.filter);
    store("filters", filters, sessionStorage);
    store("filters", filters);
    this.dispatchEvent(new Event("subscriptions"));
  }

  // A reload begins with what was on the page, and the stream goes on behind it.
  #keep() {
    const kept = {};
    for (const subscription of this.subscriptions) {
      const messages = subscription.entries.slice(-KEPT_OVER_RELOAD).flatMap(entry => entry.message ?? []);
      kept[subscription.filter] = messages.filter(message => (message.payload?.length ?? 0) < 2000);
    }
    store("messages", kept, sessionStorage);
  }

  #take(subscription, entry) {
    this.pending.push([subscription, entry]);
    if (this.pending.length === 1) {
      // Where very much comes nobody reads each frame, and the page has time for other things.
      if (this.isBusy) setTimeout(() => requestAnimationFrame(() => this.#flush()), 100);
      else requestAnimationFrame(() => this.#flush());
    }
    // A page in the background has no frames.
    if (this.pending.length > 5000) this.#flush();
  }

  #flush() {
    const pending = this.pending;
    if (!pending.length) return;
    this.pending = [];
    this.isBusy = pending.length > 10;
    for (const [subscription, entry] of pending) {
      subscription.add(entry);
      if (!entry.message) continue;
      if (!entry.isOld) {
        subscription.count += 1;
        subscription.since += 1;
      }
      // One message may be there for several subscriptions.
      if (entry.message !== this.latest) this.tree.add(entry.message);
      this.latest = entry.message;
    }
    this.dispatchEvent(new Event("messages"));
    for (const subscription of this.subscriptions) subscription.added = 0;
  }

  #tick() {
    const now = performance.now(), elapsed = Math.max(0.5, (now - this.ticked) / 1000);
    this.ticked = now;
    this.tree.tick(elapsed);
    for (const subscription of this.subscriptions) {
      subscription.rate = subscription.rate * 0.5 + subscription.since / elapsed * 0.5;
      subscription.since = 0;
    }
    this.dispatchEvent(new Event("tick"));
  }
}
