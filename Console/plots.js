// Small plots of a few minutes, drawn as SVG.
import { h, say } from "./dom.js";

const POINTS = 150, WIDTH = 300, HEIGHT = 64;
const svg = (name, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

/** One plot of one or two lines; `format` writes its values. */
export class Plot {
  constructor(title, format, names = [""]) {
    this.format = format;
    this.title = title;
    this.lines = names.map((name, index) => ({ name, values: [], path: svg("path", { class: `line line-${index}` }) }));
    this.area = svg("path", { class: "area" });
    this.svg = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title }, this.area, ...this.lines.map(line => line.path));
    this.value = h("span", { class: "plot-value number" }, "–");
    this.top = h("span", { class: "muted number plot-top" });
    this.legend = names.length > 1 && h("p", { class: "muted legend" }, names.map((name, index) => h("span", { class: `key line-${index}` }, name)));
    this.element = h("figure", { class: "plot" }, h("figcaption", {}, h("span", {}, title), this.value), this.svg, h("div", { class: "plot-foot" }, this.legend || h("span", {}), this.top));
  }

  add(...values) {
    this.lines.forEach((line, index) => {
      line.values.push(values[index]);
      if (line.values.length > POINTS) line.values.shift();
    });
    this.draw();
  }

  draw() {
    const known = this.lines.flatMap(line => line.values).filter(value => value !== undefined);
    const max = Math.max(...known, 0) || 1;
    const x = (index, length) => (WIDTH - (length - 1 - index) * WIDTH / (POINTS - 1)).toFixed(1);
    const y = value => (HEIGHT - 2 - value / max * (HEIGHT - 6)).toFixed(1);
    for (const line of this.lines) {
      let path = "", isDown = false;
      line.values.forEach((value, index) => {
        if (value === undefined) { isDown = false; return; }
        path += `${isDown ? "L" : "M"}${x(index, line.values.length)} ${y(value)}`;
        isDown = true;
      });
      line.path.setAttribute("d", path);
    }
    const [first] = this.lines;
    const start = first.values.findIndex(value => value !== undefined);
    const isWhole = start >= 0 && first.values.slice(start).every(value => value !== undefined);
    const outline = isWhole && this.lines.length === 1 ? `${first.path.getAttribute("d")}V${HEIGHT}H${x(start, first.values.length)}Z` : "";
    this.area.setAttribute("d", outline);
    const texts = this.lines.map(line => line.values.findLast(value => value !== undefined)).map(value => value === undefined ? "–" : this.format(value));
    say(this.value, texts.join(" / "));
    say(this.top, known.length ? `top ${this.format(Math.max(...known))}` : "");
    this.svg.setAttribute("aria-label", `${this.title}: now ${texts.join(" and ")}, ${this.top.textContent || "no values yet"}`);
  }
}
