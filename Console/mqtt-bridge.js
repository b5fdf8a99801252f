// The browser library of mqtt-bridge: topics in, messages out, over one stream for all tabs of a page's origin.
// An ES module without dependencies; mqtt-bridge.d.ts has the types, docs/browser.md the explanation.

/** Makes a client of a bridge. `url` is the address of the bridge; by default that of this file. */
export function connect(options = {}) { return new MQTTBridge(options); }

/** An answer that is no success: `status`, and the problem document in `problem`. */
export class BridgeError extends Error {
  constructor(status, problem) {
    super(problem?.detail || problem?.title || `the bridge answered ${status}`);
    this.name = "BridgeError";
    Object.assign(this, { status, problem, code: problem?.code });
  }
}

/** Whether a topic matches an MQTT filter; `$share/group/` in front of it does not count. */
export function matches(filter, topic) {
  const wanted = filter.replace(/^\$share\/[^/]*\//, "").split("/"), levels = topic.split("/");
  if (topic.startsWith("$") && (wanted[0] === "#" || wanted[0] === "+")) return false;
  for (let index = 0; index < wanted.length; index++) {
    if (wanted[index] === "#") return true;
    if (index >= levels.length || (wanted[index] !== "+" && wanted[index] !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

/** The bytes of a message. */
export function bytes(message) {
  if (message.payload_encoding !== "base64") return new TextEncoder().encode(message.payload ?? "");
  return Uint8Array.from(atob(message.payload), character => character.charCodeAt(0));
}

export class MQTTBridge {
  #subscriptions = new Set();
  #feed;
  #options;

  constructor(options) {
    const url = new URL(options.url ?? new URL(".", import.meta.url), globalThis.location?.href);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    this.url = url.href;
    this.state = "idle";
    this.#options = {
      share: "default", resume: 300, transport: "auto", openTimeout: 10, qos: 1, retained: true,
      storage: globalThis.localStorage, ...options, url: this.url,
    };
    const hear = event => this.#hear(event);
    const shares = this.#options.share && globalThis.BroadcastChannel && globalThis.navigator?.locks;
    this.#feed = shares ? new Share(this.#options, hear) : new Feed(this.#options, hear);
  }

  /** Follows one filter or several; the handlers are `onmessage`, `ongap`, `onopen` and `onerror`. */
  subscribe(filters, handlers = {}) {
    const entry = { filters: [filters].flat(), ...(typeof handlers === "function" ? { onmessage: handlers } : handlers) };
    entry.close = () => { if (this.#subscriptions.delete(entry)) this.#want(); };
    this.#subscriptions.add(entry);
    this.#want();
    if (entry.retained ?? this.#options.retained) this.#readRetained(entry);
    return entry;
  }

  /** Publishes; the options are those of the envelope of `POST /publish`, such as `qos`, `retain`, `properties`. */
  async publish(topic, payload = "", options = {}) {
    const envelope = { topic, ...options, ...asPayload(payload) };
    return (await this.#ask("publish", envelope)).json();
  }

  /** Publishes and waits for the reply, `timeout` seconds at most. */
  async request(topic, payload = "", options = {}) {
    return (await this.#ask("request", { topic, ...options, ...asPayload(payload) })).json();
  }

  /** Ends every subscription; the stream goes on where another tab needs it. */
  close() {
    this.#subscriptions.clear();
    this.#feed.close();
    this.#set("closed");
  }

  async #ask(path, body) {
    const headers = { ...await credential(this.#options), "Content-Type": "application/json", Accept: "application/json" };
    return checked(await fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(body) }));
  }

  #want() { this.#feed.want([...new Set([...this.#subscriptions].flatMap(each => each.filters))]); }

  // Retained messages are asked for here and not in the stream, which other subscriptions share.
  async #readRetained(entry) {
    entry.fresh = new Set();
    try {
      for (const filter of entry.filters.filter(each => !each.startsWith("$share/"))) {
        for (let page = { next: "" }; page.next !== null && page.next !== undefined;) {
          const query = new URLSearchParams({ filter, limit: 1000, ...(page.next && { cursor: page.next }) });
          const answer = await fetch(`${this.url}retained?${query}`, { headers: await credential(this.#options) });
          page = await (await checked(answer)).json();
          if (!this.#subscriptions.has(entry)) return;
          for (const message of page.messages) if (!entry.fresh.has(message.topic)) entry.onmessage?.({ ...message, retain: true });
        }
      }
    } catch (error) {
      entry.onerror?.(error);
    } finally {
      delete entry.fresh;
    }
  }

  #hear(event) {
    if (event.type === "state") return this.#set(event.state, event.reason);
    for (const entry of this.#subscriptions) {
      if (event.type === "message") {
        if (!entry.filters.some(filter => matches(filter, event.message.topic))) continue;
        entry.fresh?.add(event.message.topic);
        entry.onmessage?.(event.message);
      } else if (event.type === "gap") entry.ongap?.(event.gap);
      else if (event.type === "open") entry.onopen?.(event.open);
      else if (!event.filter || entry.filters.includes(event.filter)) {
        entry.onerror?.(new BridgeError(event.problem?.status ?? 0, event.problem));
      }
    }
  }

  #set(state, reason) {
    this.state = state;
    this.#options.onstate?.(state, reason);
  }
}

// The ids that came, so that what two streams bring is told once.
class Seen {
  #ids = new Set();

  add(id) {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > 4096) this.#ids.delete(this.#ids.values().next().value);
    this.last = id;
    return true;
  }
}

// One stream, and its successors: renews its credential, resumes, and goes on where the one before ended.
class Feed {
  #options; #tell; #seen; #line; #next; #timer; #filters = []; #refused = new Set();
  #retries = 0; #savedAt = 0; #renewedAt = 0; #isWebSocket; #hasTurned = false;
  // A filter that was added has no past in the log; saying so would be no news.
  #isChange = false;

  constructor(options, tell, seen = new Seen()) {
    this.#options = options;
    this.#tell = tell;
    this.#seen = seen;
    this.#isWebSocket = options.transport === "websocket" || !globalThis.EventSource;
    seen.last ??= this.#load();
    globalThis.addEventListener?.("pagehide", this.#save);
  }

  want(filters) {
    const added = filters.some(filter => !this.#filters.includes(filter));
    if (!added && filters.length === this.#filters.length) return;
    this.#isChange = this.#filters.length > 0;
    this.#filters = filters;
    // Less than before is not urgent, and more may follow at once.
    this.#later(added ? 20 : 1000);
  }

  close() {
    clearTimeout(this.#timer);
    this.#save();
    globalThis.removeEventListener?.("pagehide", this.#save);
    this.#line = this.#line?.close();
    this.#next = this.#next?.close();
  }

  get #topics() { return this.#filters.filter(filter => !this.#refused.has(filter)); }
  get #turns() { return this.#options.transport === "auto" && globalThis.EventSource; }

  #later(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open().catch(error => this.#failed(error)), milliseconds);
  }

  async #open() {
    this.#next = this.#next?.close();
    const topics = this.#topics;
    if (!topics.length) {
      this.#line = this.#line?.close();
      return this.#tell({ type: "state", state: "idle" });
    }
    if (!this.#line) this.#tell({ type: "state", state: "connecting" });
    const ticket = await this.#ticket(topics);
    const query = new URLSearchParams([...topics.map(filter => ["topic", filter]), ["qos", this.#options.qos], ["retained", "ignore"],
      ...(this.#seen.last ? [["last_event_id", this.#seen.last]] : []), ...(ticket ? [["ticket", ticket]] : [])]);
    const line = new (this.#isWebSocket ? SocketLine : EventLine)(this.#options.url, query, event => this.#hear(line, event));
    this.#next = line;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#silent(line), this.#options.openTimeout * 1000);
  }

  async #ticket(topics) {
    const headers = await credential(this.#options);
    if (!Object.keys(headers).length) return undefined;
    const answer = await fetch(`${this.#options.url}ticket`, {
      method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify({ topics, ttl: 60 }),
    });
    return (await (await checked(answer)).json()).ticket;
  }

  // Nothing came, not even bridge.open: something on the way holds the stream back, and the other way may work. Or the
  // bridge waits for its broker; then it is the same with both, and the second one stays.
  #silent(line) {
    if (line !== this.#next || this.#hasTurned || !this.#turns) return;
    this.#turn();
    this.#later(0);
  }

  #turn() {
    this.#isWebSocket = !this.#isWebSocket;
    this.#hasTurned = true;
  }

  #hear(line, event) {
    if (line !== this.#line && line !== this.#next) return undefined;
    switch (event.type) {
    case "open": return this.#opened(line, event.open);
    case "message":
      if (event.message.id && !this.#seen.add(event.message.id)) return undefined;
      if (Date.now() - this.#savedAt > 1000) this.#save();
      return this.#tell(event);
    case "gap":
      if (event.id) this.#seen.add(event.id);
      return this.#isChange && event.gap.reason === "not_subscribed" ? undefined : this.#tell(event);
    case "auth":
      // The same credential again would be told again.
      if (Date.now() - this.#renewedAt < 10000) return undefined;
      this.#renewedAt = Date.now();
      return this.#later(0);
    case "close":
      if (line === this.#line) this.#line = this.#line.close();
      return this.#later(event.close.reason === "token_expired" ? 0 : event.close.retry ?? 2000);
    case "lost": return this.#lost(line, event);
    default: return this.#tell(event);
    }
  }

  #opened(line, open) {
    clearTimeout(this.#timer);
    this.#retries = 0;
    this.#hasTurned = false;
    if (line === this.#next) {
      this.#line?.close();
      this.#line = line;
      this.#next = undefined;
    }
    this.#seen.last ??= open.from;
    this.#tell({ type: "open", open: { ...open, transport: this.#isWebSocket ? "websocket" : "eventsource" } });
    this.#tell({ type: "state", state: "open" });
  }

  async #lost(line, event) {
    this.#isChange = false;
    if (!event.isFinal) return this.#tell({ type: "state", state: "connecting", reason: "connection lost" });
    if (line === this.#next && this.#isWebSocket && this.#turns) this.#turn();
    if (line === this.#line) this.#line = undefined; else this.#next = undefined;
    line.close();
    clearTimeout(this.#timer);
    const problem = event.problem ?? await this.#reason(line.query);
    return this.#failed(new BridgeError(problem?.status ?? 0, problem));
  }

  // An EventSource does not tell why it gave up; the same question by other means does.
  async #reason(query) {
    const abort = new AbortController();
    try {
      const answer = await fetch(`${this.#options.url}subscribe?${query}`, { signal: abort.signal });
      if (answer.ok) return abort.abort();
      return { retry: Number(answer.headers.get("Retry-After")), status: answer.status, ...await answer.json() };
    } catch {
      return undefined;
    }
  }

  async #failed(error) {
    const status = error.status ?? 0, isRefused = status === 400 || status === 403;
    if (isRefused && this.#topics.length > 1 && await this.#sift()) return this.#later(0);
    if (isRefused && this.#seen.last) {
      // The place is not one of this log, or this caller may not read what was.
      this.#seen.last = undefined;
      this.#tell({ type: "gap", gap: { reason: "not_resumed", missed: null, exact: false } });
      return this.#later(0);
    }
    if (status >= 400 && status < 500 && status !== 429) this.#tell({ type: "error", problem: error.problem ?? { status } });
    if (!this.#line) this.#tell({ type: "state", state: "waiting", reason: error.message });
    this.#retries += 1;
    const pause = Math.min(250 * 2 ** this.#retries, 15000) * (0.5 + Math.random());
    return this.#later(Math.max(pause, (error.problem?.retry || 0) * 1000));
  }

  // One filter that is refused does not take the others with it: which is it?
  async #sift() {
    let found = false;
    for (const filter of this.#topics) {
      try {
        const ticket = await this.#ticket([filter]);
        const problem = await this.#reason(new URLSearchParams({ topic: filter, ...(ticket && { ticket }) }));
        if (problem?.status === 400 || problem?.status === 403) throw new BridgeError(problem.status, problem);
      } catch (error) {
        if (error.status !== 400 && error.status !== 403) continue;
        this.#refused.add(filter);
        this.#tell({ type: "error", problem: error.problem, filter });
        found = true;
      }
    }
    return found;
  }

  get #key() { return `mqtt-bridge:${this.#options.share || "alone"}:${this.#options.url}`; }

  #load() {
    try {
      const { id, at } = JSON.parse(this.#options.storage.getItem(this.#key));
      return Date.now() - at < this.#options.resume * 1000 ? id : undefined;
    } catch {
      return undefined;
    }
  }

  #save = () => {
    if (!this.#seen.last || !this.#options.resume) return;
    this.#savedAt = Date.now();
    try {
      this.#options.storage.setItem(this.#key, JSON.stringify({ id: this.#seen.last, at: this.#savedAt }));
    } catch { /* without storage a reload begins anew */ }
  };
}

class EventLine {
  constructor(url, query, tell) {
    this.query = query;
    this.source = new EventSource(`${url}subscribe?${query}`);
    const named = (name, read) => this.source.addEventListener(name, event => tell(read(JSON.parse(event.data), event)));
    this.source.onmessage = event => tell({ type: "message", message: JSON.parse(event.data), id: event.lastEventId });
    named("bridge.open", open => ({ type: "open", open }));
    named("bridge.gap", (gap, event) => ({ type: "gap", gap, id: event.lastEventId }));
    named("bridge.error", problem => ({ type: "error", problem }));
    named("bridge.auth", () => ({ type: "auth" }));
    named("bridge.close", close => ({ type: "close", close }));
    this.source.onerror = () => tell({ type: "lost", isFinal: this.source.readyState === EventSource.CLOSED });
  }

  close() { this.source.close(); }
}

class SocketLine {
  constructor(url, query, tell) {
    this.query = query;
    const ticket = query.get("ticket");
    const address = `${url.replace(/^http/, "ws")}ws${ticket ? `?ticket=${encodeURIComponent(ticket)}` : ""}`;
    this.socket = new WebSocket(address, "bridge.v1.json");
    const lastID = query.get("last_event_id");
    this.socket.onopen = () => this.socket.send(JSON.stringify({
      op: "subscribe", ref: 1, topics: query.getAll("topic"), qos: Number(query.get("qos")),
      ...(lastID ? { last_event_id: lastID } : { retained: "ignore" }),
    }));
    this.socket.onmessage = event => {
      const { op, ...data } = JSON.parse(event.data);
      if (op === "message") tell({ type: "message", message: data });
      else if (op === "gap") tell({ type: "gap", gap: data, id: data.id });
      else if (op === "error") tell({ type: "error", problem: data });
      else if (op === "auth") tell({ type: "auth" });
      else if (op === "close") tell({ type: "close", close: data });
      else if (op === "result" && data.status === 200) tell({ type: "open", open: data });
      else if (op === "result") tell({ type: "lost", isFinal: true, problem: { status: data.status, ...data.problem } });
    };
    this.socket.onclose = () => tell({ type: "lost", isFinal: true, problem: { status: 0 } });
  }

  close() {
    this.socket.onclose = null;
    this.socket.close();
  }
}

// One tab has the stream, the others hear it from there: a browser opens six connections to a host, and no more.
class Share {
  #options; #tell; #channel; #feed; #filters = []; #wanted = new Map(); #batch = []; #timer; #end = []; #seen = new Seen();
  #abort = new AbortController();
  #tab = Math.random().toString(36).slice(2);
  #state = { type: "state", state: "connecting" };

  constructor(options, tell) {
    this.#options = options;
    this.#tell = tell;
    this.name = `mqtt-bridge:${options.share}:${options.url}`;
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.onmessage = event => this.#hear(event.data);
    const until = name => navigator.locks.request(name, { signal: this.#abort.signal }, () => this.#hold(name)).catch(() => {});
    // The lock of this tab says that it is there; the common one, that it has the stream.
    until(`${this.name}:${this.#tab}`);
    until(this.name);
  }

  want(filters) {
    this.#filters = filters;
    if (this.#feed) this.#sum();
    else this.#channel.postMessage({ type: "want", tab: this.#tab, filters });
  }

  close() {
    this.#abort.abort();
    this.#end.forEach(end => end());
    clearInterval(this.#timer);
    this.#channel.postMessage({ type: "want", tab: this.#tab, filters: [] });
    this.#feed?.close();
    this.#channel.close();
  }

  #hold(name) {
    if (name === this.name) this.#lead();
    return new Promise(resolve => this.#end.push(resolve));
  }

  #lead() {
    if (this.#abort.signal.aborted) return;
    this.#feed = new Feed(this.#options, event => this.#pass(event), this.#seen);
    this.#timer = setInterval(() => this.#sweep(), 10000);
    this.#channel.postMessage({ type: "leader" });
    // The others say what they want first, so that the stream begins with all of it.
    setTimeout(() => this.#sum(), 50);
  }

  #sum() { this.#feed?.want([...new Set([...this.#filters, ...[...this.#wanted.values()].flat()])]); }

  #pass(event) {
    if (event.type === "state") this.#state = event;
    this.#tell(event);
    if (!this.#wanted.size) return;
    // Many messages are one note to the other tabs.
    if (this.#batch.push(event) === 1) {
      setTimeout(() => this.#channel.postMessage({ type: "events", events: this.#batch.splice(0) }), 10);
    }
  }

  #hear(note) {
    if (note.type === "want" && this.#feed) {
      if (note.filters.length) this.#wanted.set(note.tab, note.filters); else this.#wanted.delete(note.tab);
      this.#sum();
      this.#channel.postMessage({ type: "events", events: [this.#state], tab: note.tab });
    } else if (note.type === "leader") this.want(this.#filters);
    else if (note.type === "events" && !this.#feed && (note.tab ?? this.#tab) === this.#tab) {
      for (const event of note.events) {
        // Who has the stream next goes on behind what was heard.
        if (event.type === "message" && event.message.id && !this.#seen.add(event.message.id)) continue;
        this.#tell(event);
      }
    }
  }

  // A tab that crashed has said nothing, but its lock is gone.
  async #sweep() {
    const { held } = await navigator.locks.query();
    const names = new Set(held.map(lock => lock.name));
    for (const tab of this.#wanted.keys()) if (!names.has(`${this.name}:${tab}`)) this.#wanted.delete(tab);
    this.#sum();
  }
}

async function credential({ token, headers }) {
  const text = typeof token === "function" ? await token() : token;
  const more = typeof headers === "function" ? await headers() : headers;
  return { ...(text && { Authorization: `Bearer ${text}` }), ...more };
}

async function checked(answer) {
  if (answer.ok) return answer;
  throw new BridgeError(answer.status, await answer.json().catch(() => undefined));
}

function asPayload(payload) {
  if (payload instanceof ArrayBuffer || ArrayBuffer.isView(payload)) {
    const view = ArrayBuffer.isView(payload) ? new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength) : new Uint8Array(payload);
    return { payload: btoa(Array.from(view, byte => String.fromCharCode(byte)).join("")), payload_encoding: "base64" };
  }
  return { payload };
}
