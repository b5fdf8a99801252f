// A list of any length, of which only what can be seen is in the page.
import { h } from "./dom.js";

/** Rows of one height. `fill(row, item, index)` writes an item into an element, which is used again and again. */
export class WindowedList {
  constructor(element, { role = "listbox", itemRole = "option", fill, onselect, onkey, key = item => item }) {
    Object.assign(this, { element, itemRole, fill, onselect, onkey, key });
    this.items = [];
    this.rows = [];
    this.selected = undefined;
    // What the browser says of the list is read when it changes: asked for at each change of the page, it would make the layout anew.
    Object.assign(this, { top: 0, viewport: 0, inside: 0 });
    element.setAttribute("role", role);
    element.tabIndex = 0;
    element.classList.add("windowed");
    this.inner = h("div", { class: "windowed-inner", role: "presentation" });
    element.append(this.inner);
    element.addEventListener("scroll", () => {
      this.top = element.scrollTop;
      this.render();
    }, { passive: true });
    element.addEventListener("keydown", event => this.#key(event));
    element.addEventListener("click", event => {
      const row = event.target.closest(".row");
      if (row) this.select(row.index, event);
    });
    new ResizeObserver(() => this.measure()).observe(element);
  }

  measure() {
    Object.assign(this, { height: undefined, top: this.element.scrollTop, viewport: this.element.clientHeight });
    this.#grow();
    this.render();
  }

  get rowHeight() {
    return this.height ??= parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 32;
  }

  /** Shows other items; `added` rows in front of what is looked at leave it where it is. */
  show(items, added = 0) {
    this.items = items;
    this.#grow();
    if (added && this.top > this.rowHeight) this.#scroll(this.top + added * this.rowHeight);
    this.top = Math.max(0, Math.min(this.top, this.inside - this.viewport));
    this.render();
  }

  #grow() {
    const inside = this.items.length * this.rowHeight;
    if (inside === this.inside) return;
    this.inside = inside;
    this.inner.style.height = `${inside}px`;
  }

  #scroll(top) {
    this.top = top;
    this.element.scrollTop = top;
  }

  render() {
    const height = this.viewport;
    if (!height) return;
    const first = Math.max(0, Math.floor(this.top / this.rowHeight) - 4);
    const last = Math.min(this.items.length, Math.ceil((this.top + height) / this.rowHeight) + 4);
    while (this.rows.length < last - first) {
      const row = h("div", { class: "row", role: this.itemRole, id: `${this.element.id}-${this.rows.length}` });
      this.rows.push(row);
      this.inner.append(row);
    }
    let active = "";
    this.rows.forEach((row, offset) => {
      const index = first + offset;
      row.hidden = index >= last;
      if (row.hidden) return;
      const item = this.items[index];
      row.index = index;
      row.style.transform = `translateY(${index * this.rowHeight}px)`;
      const isSelected = this.selected !== undefined && this.key(item) === this.selected;
      row.setAttribute("aria-selected", String(isSelected));
      if (isSelected) active = row.id;
      this.fill(row, item, index);
    });
    if (active) this.element.setAttribute("aria-activedescendant", active);
    else this.element.removeAttribute("aria-activedescendant");
  }

  get index() {
    return this.selected === undefined ? -1 : this.items.findIndex(item => this.key(item) === this.selected);
  }

  select(index, event) {
    const item = this.items[index];
    if (!item) return;
    this.selected = this.key(item);
    const top = index * this.rowHeight, height = this.viewport;
    if (top < this.top) this.#scroll(top);
    else if (top + this.rowHeight > this.top + height) this.#scroll(top + this.rowHeight - height);
    this.onselect?.(item, event);
    this.render();
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.viewport / this.rowHeight) - 1);
    const index = this.index;
    const steps = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: this.items.length - 1 };
    if (event.key in steps) {
      event.preventDefault();
      this.select(Math.max(0, Math.min(this.items.length - 1, steps[event.key])), event);
    } else if (this.onkey?.(event, this.items[index])) event.preventDefault();
  }
}
