// A list of any length, of which only what can be seen is in the page.
import { h } from "./dom.js";

/** Rows of one height. `fill(row, item, index)` writes an item into an element, which is used again and again. */
export class WindowedList {
  constructor(element, { role = "listbox", itemRole = "option", fill, onselect, onkey, key = item => item }) {
    Object.assign(this, { element, itemRole, fill, onselect, onkey, key });
    this.items = [];
    this.rows = [];
    this.selected = undefined;
    element.setAttribute("role", role);
    element.tabIndex = 0;
    element.classList.add("windowed");
    this.inner = h("div", { class: "windowed-inner", role: "presentation" });
    element.append(this.inner);
    element.addEventListener("scroll", () => this.render(), { passive: true });
    element.addEventListener("keydown", event => this.#key(event));
    element.addEventListener("click", event => {
      const row = event.target.closest(".row");
      if (row) this.select(row.index, event);
    });
    new ResizeObserver(() => this.render()).observe(element);
  }

  get rowHeight() {
    return this.height ??= parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 32;
  }

  /** Shows other items; `added` rows in front of what is looked at leave it where it is. */
  show(items, added = 0) {
    this.items = items;
    this.height = undefined;
    this.inner.style.height = `${items.length * this.rowHeight}px`;
    if (added && this.element.scrollTop > this.rowHeight) this.element.scrollTop += added * this.rowHeight;
    this.render();
  }

  render() {
    const height = this.element.clientHeight;
    if (!height) return;
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.rowHeight) - 4);
    const last = Math.min(this.items.length, Math.ceil((this.element.scrollTop + height) / this.rowHeight) + 4);
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
    const top = index * this.rowHeight, height = this.element.clientHeight;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.rowHeight > this.element.scrollTop + height) this.element.scrollTop = top + this.rowHeight - height;
    this.onselect?.(item, event);
    this.render();
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 1);
    const index = this.index;
    const steps = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: this.items.length - 1 };
    if (event.key in steps) {
      event.preventDefault();
      this.select(Math.max(0, Math.min(this.items.length - 1, steps[event.key])), event);
    } else if (this.onkey?.(event, this.items[index])) event.preventDefault();
  }
}
