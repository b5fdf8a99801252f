// Elements, and texts for people.

/** Makes an element: properties, `on…` handlers, `data` and ARIA attributes, then its children. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false || value === null) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key in element && !key.startsWith("aria") && key !== "list" && key !== "form") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter(child => child !== undefined && child !== null && child !== false));
  return element;
}

export const byID = id => document.getElementById(id);

/** Puts a text somewhere, and touches nothing when it stands there already. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const count = number => whole.format(number);

/** Events per second, as short as they fit. */
export function rate(number) {
  if (number < 0.05) return "";
  return `${number < 10 ? number.toFixed(1) : whole.format(Math.round(number))}/s`;
}

export function bytesText(number) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (number >= 1024 && unit < units.length - 1) { number /= 1024; unit += 1; }
  return `${short.format(number)} ${units[unit]}`;
}

export function seconds(number) {
  if (number === undefined || Number.isNaN(number)) return "–";
  if (number < 1e-3) return `${short.format(number * 1e6)} µs`;
  if (number < 1) return `${short.format(number * 1e3)} ms`;
  if (number < 120) return `${short.format(number)} s`;
  if (number < 7200) return `${Math.round(number / 60)} min`;
  if (number < 172800) return `${Math.round(number / 3600)} h`;
  return `${Math.round(number / 86400)} d`;
}

export const shortNumber = number => short.format(number);

/** The time of day, with milliseconds. */
export function clock(time) {
  const date = new Date(time);
  const two = number => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** How long ago a time is. */
export const ago = time => time ? `${seconds(Math.max(0, (Date.now() - new Date(time)) / 1000))} ago` : "–";

/** A value that stays in the browser; broken or forbidden storage is as empty storage. */
export function stored(key, fallback, storage = globalThis.localStorage) {
  try {
    return JSON.parse(storage.getItem(`mqtt-bridge-console:${key}`)) ?? fallback;
  } catch {
    return fallback;
  }
}

export function store(key, value, storage = globalThis.localStorage) {
  try {
    storage.setItem(`mqtt-bridge-console:${key}`, JSON.stringify(value));
  } catch { /* a full storage forgets */ }
}

let toastTimer;

/** One line at the bottom of the page, also read aloud. */
export function toast(text, kind = "") {
  const line = byID("toast");
  line.textContent = text;
  line.className = `toast shown ${kind}`;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { line.className = "toast"; }, 5000);
}

/** Where nothing is: what it is for, and what to do next. */
export function empty(title, text, ...actions) {
  return h("div", { class: "empty" }, h("strong", {}, title), h("p", {}, text), ...actions);
}
