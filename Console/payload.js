// Payloads for people: JSON, text, hex and images.
import { bytes } from "../mqtt-bridge.js";
import { bytesText, h } from "./dom.js";

const SHOWN_MAX = 65536;
const imageTypes = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]], ["image/jpeg", [0xff, 0xd8, 0xff]], ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46]], ["image/bmp", [0x42, 0x4d]],
];

/** The beginning of a payload on one line. */
export function preview(message, length = 200) {
  if (message.payload_encoding === "base64") {
    const size = Math.floor(message.payload.length * 3 / 4);
    return `${imageType(message) ?? "binary"}, ${bytesText(size)}`;
  }
  const text = String(message.payload ?? "");
  return text === "" ? "(empty)" : text.slice(0, length).replace(/\s+/g, " ");
}

function imageType(message) {
  const named = message.properties?.content_type;
  if (named === "image/svg+xml") return named;
  if (message.payload_encoding !== "base64") return undefined;
  const start = bytes({ payload: message.payload.slice(0, 24), payload_encoding: "base64" });
  return imageTypes.find(([, magic]) => magic.every((byte, index) => start[index] === byte))?.[0];
}

function json(message) {
  if (message.payload_encoding === "base64" || !/^\s*[[{"\d\-tfn]/.test(message.payload ?? "")) return undefined;
  try {
    return JSON.parse(message.payload);
  } catch {
    return undefined;
  }
}

/** The view that suits a payload best. */
export function suits(message) {
  if (imageType(message)) return "image";
  if (message.payload_encoding === "base64") return "hex";
  const value = json(message);
  return typeof value === "object" && value !== null ? "json" : "text";
}

export const views = ["auto", "json", "text", "hex", "image"];

/** An element that shows a payload. */
export function payloadView(message, view = "auto") {
  const kind = view === "auto" ? suits(message) : view;
  if (kind === "image") return image(message);
  if (kind === "hex") return block(hex(bytes(message)), "hex");
  if (kind === "json") {
    const value = json(message);
    if (value === undefined) return h("p", { class: "muted" }, "This payload is not JSON.");
    const pre = block("", "json");
    paint(pre, JSON.stringify(value, null, 2).slice(0, SHOWN_MAX));
    return pre;
  }
  return block(new TextDecoder().decode(bytes(message).subarray(0, SHOWN_MAX)), "text");
}

const block = (text, kind) => h("pre", { class: `payload ${kind}`, tabIndex: 0, "aria-label": `Payload as ${kind}` }, text);

function image(message) {
  const type = imageType(message);
  if (!type) return h("p", { class: "muted" }, "This payload is no image that a browser knows.");
  const url = URL.createObjectURL(new Blob([bytes(message)], { type }));
  const forget = () => URL.revokeObjectURL(url);
  return h("img", { class: "payload image", src: url, alt: `Payload of ${message.topic}`, onload: forget, onerror: forget });
}

function hex(data) {
  const lines = [];
  for (let start = 0; start < Math.min(data.length, SHOWN_MAX / 4); start += 16) {
    const row = [...data.subarray(start, start + 16)];
    const numbers = row.map(byte => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47);
    const text = row.map(byte => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·").join("");
    lines.push(`${start.toString(16).padStart(6, "0")}  ${numbers}  ${text}`);
  }
  return lines.join("\n");
}

// Colours for names, texts and numbers.
function paint(pre, text) {
  const pattern = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    pre.append(text.slice(end, match.index));
    const kind = match[2] ? "name" : match[1] ? "string" : match[3] ? "word" : "number";
    pre.append(h("span", { class: `j-${kind}` }, match[1] ?? match[0]), match[2] ?? "");
    end = match.index + match[0].length;
  }
  pre.append(text.slice(end));
}
