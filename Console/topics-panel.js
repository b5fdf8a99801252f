// The topic tree beside the messages.
import { codeButton } from "./code.js";
import { byID, clock, count, empty, h, rate, say } from "./dom.js";
import { payloadView, preview } from "./payload.js";
import { WindowedList } from "./windowed.js";

/** Shows the tree of a feed; `follow` and `publishTo` are what its buttons do. */
export function topicsPanel(feed, { follow, publishTo }) {
  const search = byID("topic-search"), detail = byID("topic-detail"), none = byID("topics-empty");
  let version = -1, chosen;

  const list = new WindowedList(byID("topic-tree"), {
    role: "tree", itemRole: "treeitem", key: level => level.topic, fill,
    onselect: (level, event) => {
      const isArrow = event?.target.closest(".arrow");
      if (isArrow || (event?.type === "click" && level.children && !level.last)) toggle(level, !level.isOpen);
      choose(level);
    },
    onkey: (event, level) => {
      if (!level) return false;
      if (event.key === "ArrowRight" && level.children) {
        if (level.isOpen) list.select(list.index + 1, event); else toggle(level, true);
      } else if (event.key === "ArrowLeft") {
        if (level.isOpen) toggle(level, false);
        else if (level.parent?.depth >= 0) list.select(list.items.indexOf(level.parent), event);
      } else if (event.key === "Enter" || event.key === " ") toggle(level, !level.isOpen);
      else return false;
      return true;
    },
  });

  function toggle(level, isOpen) {
    level.isOpen = isOpen && Boolean(level.children);
    show(true);
  }

  function fill(row, level) {
    if (!row.firstChild) {
      row.append(h("span", { class: "arrow", "aria-hidden": "true" }), h("span", { class: "name" }), h("span", { class: "value" }), h("span", { class: "number rate" }));
    }
    const [arrow, name, value, speed] = row.children;
    const isSearch = search.value.trim() !== "";
    row.style.paddingInlineStart = `${8 + (isSearch ? 0 : level.depth) * 14}px`;
    row.setAttribute("aria-level", isSearch ? 1 : level.depth + 1);
    if (level.children) row.setAttribute("aria-expanded", String(level.isOpen)); else row.removeAttribute("aria-expanded");
    say(arrow, level.children && !isSearch ? (level.isOpen ? "▾" : "▸") : "");
    say(name, isSearch ? level.topic : level.name || "(empty)");
    say(value, level.last ? preview(level.last, 80) : level.topics ? `${count(level.topics)} topics` : "");
    say(speed, rate(level.rate));
  }

  function choose(level) {
    chosen = level;
    detail.hidden = !level;
    if (!level) return;
    const filter = level.children ? `${level.topic}/#` : level.topic;
    const topic = level.topic;
    detail.replaceChildren(
      h("header", { class: "bar" }, h("h3", { class: "mono" }, topic),
        h("button", { class: "quiet", type: "button", "aria-label": "Close", onclick: () => choose(undefined) }, "✕")),
      h("p", { class: "muted number facts" }),
      h("div", { class: "last" }),
      h("div", { class: "actions" },
        h("button", { type: "button", onclick: () => follow(filter) }, "Subscribe"),
        h("button", { type: "button", onclick: () => publishTo(topic) }, "Publish here"),
        codeButton(`Read ${topic}`, () => ({
          path: `topics/${topic.split("/").map(encodeURIComponent).join("/")}`, answersText: true,
        }))));
    describe();
  }

  function describe() {
    if (!chosen || detail.hidden) return;
    const level = chosen, facts = [`${count(level.messages)} messages`];
    if (level.rate) facts.push(rate(level.rate));
    if (level.topics) facts.push(`${count(level.topics)} topics below`);
    if (level.last?.received_at) facts.push(clock(level.last.received_at));
    say(detail.querySelector(".facts"), facts.join(" · "));
    const last = detail.querySelector(".last");
    if (last.message === level.last) return;
    last.message = level.last;
    last.replaceChildren(level.last ? payloadView(level.last) : "");
  }

  function show(isForced) {
    say(byID("topic-count"), feed.tree.size ? `${count(feed.tree.size)}${feed.tree.left ? "+" : ""}` : "");
    none.hidden = feed.tree.size > 0;
    list.element.hidden = feed.tree.size === 0;
    if (isForced || version !== feed.tree.version) {
      version = feed.tree.version;
      // A tree that has just begun is open, as long as it is small.
      if (feed.tree.size < 40) for (const level of feed.tree.root.children?.values() ?? []) if (level.wasOpen === undefined) level.isOpen = level.wasOpen = true;
      list.show(feed.tree.rows(search.value.trim()));
    } else list.render();
    describe();
  }

  none.append(empty("No topics yet", "Topics appear here with their rates and last values, as soon as messages of a subscription come in."));
  search.addEventListener("input", () => show(true));
  byID("topics-clear").addEventListener("click", () => {
    feed.tree.clear();
    choose(undefined);
    show(true);
  });
  feed.addEventListener("messages", () => { if (!list.element.closest("[hidden]") || none.hidden === false) show(false); });
  feed.addEventListener("tick", () => show(false));
  show(true);
}
