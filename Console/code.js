// "Copy as": what the page does, as a command or a program of your own.
import { base, identity } from "./api.js";
import { h, toast } from "./dom.js";

const address = request => base + request.path + (request.query && `${request.query}` ? `?${request.query}` : "");

const shellQuote = text => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
const pythonQuote = text => JSON.stringify(text).replace(/[\u007f-\uffff]/g, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);

// A credential is never written into code that will be pasted somewhere: its place is.
function headersOf(request) {
  const headers = { ...request.headers };
  const { kind } = identity();
  if (kind === "token") headers.Authorization = "Bearer $TOKEN";
  if (kind === "key") headers["X-API-Key"] = "$API_KEY";
  return headers;
}

function curl(request) {
  const parts = ["curl"];
  if (request.isStream) parts.push("-N");
  if (request.method && request.method !== "GET" && !(request.method === "POST" && request.body)) parts.push("-X", request.method);
  for (const [name, value] of Object.entries(headersOf(request))) {
    parts.push("-H", value.includes("$") ? `"${name}: ${value}"` : shellQuote(`${name}: ${value}`));
  }
  if (identity().kind === "basic") parts.push("-u", shellQuote(`${identity().user}:`) + '"$PASSWORD"');
  const url = shellQuote(address(request));
  if (!request.body) return [...parts, url].join(" ");
  return `${parts.join(" ")} ${url} \\\n  -d ${shellQuote(request.body)}`;
}

function javaScript(request) {
  if (request.filters) {
    const filters = JSON.stringify(request.filters.length === 1 ? request.filters[0] : request.filters);
    return `import { connect } from ${JSON.stringify(`${base}mqtt-bridge.js`)};\n\n`
      + `const bridge = connect(${identity().kind === "none" ? "" : "{ token: () => token }"});\n`
      + `bridge.subscribe(${filters}, message => console.log(message.topic, message.payload));`;
  }
  const headers = Object.fromEntries(Object.entries(headersOf(request)).map(([name, value]) => [name, value]));
  let text = JSON.stringify(headers, null, 2).replaceAll("\n", "\n  ");
  text = text.replace('"Bearer $TOKEN"', "`Bearer ${token}`").replace('"$API_KEY"', "apiKey");
  if (identity().kind === "basic") {
    text = text === "{}" ? '{ Authorization: "Basic " + btoa(`${user}:${password}`) }'
      : text.replace("{", '{\n    "Authorization": "Basic " + btoa(`${user}:${password}`),');
  }
  const options = [];
  if (request.method && request.method !== "GET") options.push(`  method: "${request.method}",`);
  if (text !== "{}") options.push(`  headers: ${text},`);
  if (request.body) options.push(`  body: ${bodyText(request)},`);
  const arguments_ = options.length ? `, {\n${options.join("\n")}\n}` : "";
  return `const answer = await fetch(${JSON.stringify(address(request))}${arguments_});\n`
    + `if (!answer.ok) throw new Error((await answer.json()).detail);\nconsole.log(await answer.${request.answersText ? "text" : "json"}());`;
}

function bodyText(request) {
  try {
    if (request.headers?.["Content-Type"] !== "application/json") throw new Error("as it is");
    return `JSON.stringify(${JSON.stringify(JSON.parse(request.body), null, 2).replaceAll("\n", "\n  ")})`;
  } catch {
    return JSON.stringify(request.body);
  }
}

function python(request) {
  const lines = ["import json", "import urllib.request", ""];
  if (identity().kind === "basic") lines.splice(0, 0, "import base64");
  const headers = Object.entries(headersOf(request)).map(([name, value]) => {
    const text = value === "Bearer $TOKEN" ? '"Bearer " + token' : value === "$API_KEY" ? "api_key" : pythonQuote(value);
    return `${pythonQuote(name)}: ${text}`;
  });
  if (identity().kind === "basic") headers.push('"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()');
  const options = [`    ${pythonQuote(address(request))},`];
  if (request.body) options.push(`    data=${pythonQuote(request.body)}.encode(),`);
  if (headers.length) options.push(`    headers={${headers.join(", ")}},`);
  if (request.method && request.method !== "GET") options.push(`    method="${request.method}",`);
  lines.push("request = urllib.request.Request(", ...options, ")", "with urllib.request.urlopen(request) as answer:");
  if (request.isStream) {
    lines.push("    for line in answer:", '        if line.startswith(b"data: {\\"id\\"") or line.startswith(b"data: {\\"topic\\""):',
      "            message = json.loads(line[6:])", '            print(message["topic"], message["payload"])');
  } else lines.push(request.answersText ? "    print(answer.read().decode())" : '    print(json.loads(answer.read() or "null"))');
  return lines.join("\n");
}

/** The same request in three languages. */
export const languages = { curl, JavaScript: javaScript, Python: python };

let dialog;

function makeDialog() {
  const code = h("pre", { class: "code", tabIndex: 0, "aria-label": "Code" });
  const tabs = h("div", { class: "segments", role: "group", "aria-label": "Language" });
  const title = h("h2", { id: "code-title" });
  const copy = h("button", {
    class: "primary", type: "button", onclick: async () => {
      await copyText(code.textContent);
      dialog.element.close();
    },
  }, "Copy");
  const element = h("dialog", { class: "dialog wide", "aria-labelledby": "code-title" },
    h("header", {}, title, h("button", { class: "quiet", type: "button", "aria-label": "Close", onclick: () => element.close() }, "✕")),
    tabs, code, h("footer", {}, h("span", { class: "muted" }, "Credentials are left out; their place is marked."), copy));
  document.body.append(element);
  return { element, title, tabs, code };
}

/** Puts a text on the clipboard, also where the page has no right to the new interface. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { value: text, class: "offscreen" });
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast("Copied");
}

/** Shows a request as code. */
export function showCode(title, request) {
  dialog ??= makeDialog();
  dialog.title.textContent = title;
  const show = name => {
    dialog.code.textContent = languages[name](request);
    for (const button of dialog.tabs.children) button.setAttribute("aria-pressed", String(button.textContent === name));
  };
  dialog.tabs.replaceChildren(...Object.keys(languages).map(name => h("button", { type: "button", onclick: () => show(name) }, name)));
  show("curl");
  dialog.element.showModal();
}

/** A button that shows what `make` returns as code. */
export const codeButton = (title, make, label = "Copy as…") =>
  h("button", { class: "quiet", type: "button", title: `${title} as curl, JavaScript or Python`, onclick: () => showCode(title, make()) }, label);
