// The part of operators: whether this server has it, and how it is asked.
import { ask, explain } from "./api.js";
import { codeButton, copyText } from "./code.js";
import { ago, byID, empty, h, say, toast } from "./dom.js";

/** What `/admin/status` said last, or why it cannot be asked. */
export class Admin extends EventTarget {
  status = undefined;
  refusal = undefined;

  /** Asks again and again, as long as somebody looks. */
  start() {
    clearInterval(this.timer);
    this.timer = setInterval(() => { if (!document.hidden && !this.isAbsent) this.refresh(); }, 2000);
    this.isAbsent = false;
    return this.refresh();
  }

  async refresh() {
    try {
      this.status = await ask({ path: "admin/status" });
      this.refusal = undefined;
    } catch (error) {
      this.status = undefined;
      this.refusal = error;
      // Without the routes, or without the right to them, asking again is no use.
      this.isAbsent = [401, 403, 404].includes(error.status);
    }
    this.dispatchEvent(new Event("status"));
  }

  /** What stands where the operators' part would be. */
  explanation() {
    if (this.refusal?.status === 404) {
      return empty("The operators' part is on another server",
        "The bridge keeps it away from the public server. To see it here, start the bridge with this flag; callers need the right admin:",
        h("code", { class: "block" }, "mqtt-bridge --admin-on-public true"),
        h("button", { type: "button", onclick: () => copyText("--admin-on-public true") }, "Copy the flag"));
    }
    if (this.refusal?.status === 401 || this.refusal?.status === 403) {
      return empty("This needs the right admin", explain(this.refusal), h("button", { class: "primary", type: "button", onclick: () => byID("who").click() }, "Sign in"));
    }
    return empty("No answer", "The bridge does not answer at the moment. This page goes on trying.");
  }
}

/** A card that shows `draw()` when the operators' part is there, and else why it is not. */
export function adminCard(admin, title, draw, ...buttons) {
  const body = h("div", { class: "card-body" }, h("p", { class: "muted" }, "Loading…"));
  const element = h("div", { class: "card" }, h("header", { class: "bar" }, h("h2", {}, title), ...buttons), body);
  element.update = async () => {
    if (admin.status) await draw(body);
  };
  return element;
}

/** Does what an operator asked for, says how it went, and asks for the new state. */
export async function operate(request, done, after) {
  try {
    await ask(request);
    toast(done);
  } catch (error) {
    toast(explain(error), "bad");
  }
  await after?.();
}

/** A button that must be pressed twice. */
export function carefulButton(label, act, properties = {}) {
  let timer;
  const button = h("button", {
    type: "button", class: "danger", ...properties, onclick: () => {
      if (button.dataset.armed) {
        delete button.dataset.armed;
        say(button, label);
        act();
        return;
      }
      button.dataset.armed = "yes";
      say(button, "Really?");
      clearTimeout(timer);
      timer = setTimeout(() => { delete button.dataset.armed; say(button, label); }, 3000);
    },
  }, label);
  return button;
}

/** Draws anew, but not under the hand of somebody who has pressed a careful button once. */
export function redraw(body, ...children) {
  if (!body.querySelector("[data-armed]")) body.replaceChildren(...children);
}

/** A table; a column is a title and what it shows of an item. */
export function table(label, columns, items) {
  return h("div", { class: "table", tabIndex: 0, role: "region", "aria-label": label }, h("table", {},
    h("thead", {}, h("tr", {}, columns.map(([title]) => h("th", { scope: "col" }, title || h("span", { class: "offscreen" }, "Actions"))))),
    h("tbody", {}, items.map(item => h("tr", {}, columns.map(([, cell]) => h("td", {}, cell(item))))))));
}

export const mono = text => h("span", { class: "mono" }, text ?? "");
export const when = time => h("time", { class: "number", dateTime: time, title: time }, ago(time));
export const codeOf = (title, request) => codeButton(title, () => request, "</>");
