// The tree of topics that messages came on, with their rates and last values, in bounded memory.

const TOPICS_MAX = 20000;
const KEPT_PAYLOAD = 4096;

class Level {
  constructor(name, topic, parent, depth) {
    Object.assign(this, { name, topic, parent, depth });
    this.children = undefined;
    this.isOpen = false;
    this.topics = 0;
    this.messages = 0;
    this.since = 0;
    this.rate = 0;
    this.last = undefined;
  }
}

export class TopicTree {
  constructor() { this.clear(); }

  clear() {
    this.root = new Level("", "", undefined, -1);
    this.root.isOpen = true;
    this.byTopic = new Map();
    this.active = new Set();
    this.left = 0;
    this.version = 0;
  }

  get size() { return this.byTopic.size; }

  /** Notes a message; those of topics that there is no room for are only counted. */
  add(message) {
    const level = this.byTopic.get(message.topic) ?? this.#make(message.topic);
    if (!level) {
      this.left += 1;
      return;
    }
    level.last = message.payload?.length > KEPT_PAYLOAD ? { ...message, payload: message.payload.slice(0, KEPT_PAYLOAD), isCut: true } : message;
    for (let each = level; each; each = each.parent) {
      each.messages += 1;
      each.since += 1;
      this.active.add(each);
    }
  }

  #make(topic) {
    if (this.byTopic.size >= TOPICS_MAX) return undefined;
    let level = this.root, end = -1;
    const names = topic.split("/");
    names.forEach((name, depth) => {
      end += name.length + 1;
      level.children ??= new Map();
      let child = level.children.get(name);
      if (!child) {
        child = new Level(name, topic.slice(0, end), level, depth);
        level.children.set(name, child);
        level.isSorted = false;
      }
      level = child;
    });
    this.byTopic.set(topic, level);
    for (let each = level.parent; each; each = each.parent) each.topics += 1;
    this.version += 1;
    return level;
  }

  /** Once a second: rates, smoothed over a few seconds. Only levels where something moves are looked at. */
  tick(elapsed) {
    for (const level of this.active) {
      level.rate = level.rate * 0.6 + level.since / elapsed * 0.4;
      level.since = 0;
      if (level.rate < 0.05) {
        level.rate = 0;
        this.active.delete(level);
      }
    }
  }

  /** The rows to be shown: open levels, or with a search what contains it and where that is. */
  rows(search = "") {
    const rows = [];
    if (search) {
      const wanted = search.toLowerCase();
      for (const level of this.byTopic.values()) {
        if (level.topic.toLowerCase().includes(wanted)) rows.push(level);
      }
      return rows.sort((a, b) => compare(a.topic, b.topic));
    }
    const visit = level => {
      if (!level.isSorted && level.children) {
        level.children = new Map([...level.children].sort(([a], [b]) => compare(a, b)));
        level.isSorted = true;
      }
      for (const child of level.children?.values() ?? []) {
        rows.push(child);
        if (child.isOpen) visit(child);
      }
    };
    visit(this.root);
    return rows;
  }
}

const collator = new Intl.Collator("en", { numeric: true });
const compare = (a, b) => collator.compare(a, b);
