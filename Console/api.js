// Who asks, and what the bridge answers.
import { BridgeError } from "../mqtt-bridge.js";
import { store, stored } from "./dom.js";

/** The address of the bridge with its path prefix: the page lies in the folder `ui` of it. */
export const base = new URL("..", location.href).href;

// The credential lasts as long as the tab, and goes nowhere but to this bridge.
let who = stored("who", { kind: "none" }, sessionStorage);
const listeners = new Set();

export const identity = () => who;

export function signIn(next) {
  who = next;
  store("who", who, sessionStorage);
  for (const listener of listeners) listener(who);
}

export const onIdentity = listener => listeners.add(listener);

/** The headers that tell who asks. */
export function credential() {
  if (who.kind === "token" && who.token) return { Authorization: `Bearer ${who.token}` };
  if (who.kind === "basic" && who.user) {
    const pair = new TextEncoder().encode(`${who.user}:${who.password ?? ""}`);
    return { Authorization: `Basic ${btoa(String.fromCharCode(...pair))}` };
  }
  if (who.kind === "key" && who.key) return { "X-API-Key": who.key };
  return {};
}

/** Sends a request as `code.js` shows it, and gives the answer whatever its status. */
export async function send(request) {
  const headers = { ...credential(), ...request.headers };
  const query = request.query ? `?${request.query}` : "";
  return fetch(base + request.path + query, { method: request.method ?? "GET", headers, body: request.body });
}

/** Sends a request; the JSON of a success, an error for anything else. */
export async function ask(request) {
  const answer = await send(request);
  const text = await answer.text();
  let json;
  try { json = text ? JSON.parse(text) : undefined; } catch { json = undefined; }
  if (!answer.ok) throw new BridgeError(answer.status, json);
  return json ?? text;
}

export const get = (path, query) => ask({ path, query: query && new URLSearchParams(query) });

/** What an error says to a person. */
export function explain(error) {
  if (!(error instanceof BridgeError)) return "the bridge does not answer";
  const hint = error.problem?.hint ? ` (${error.problem.hint})` : "";
  return `${error.status} ${error.code ?? ""}: ${error.message}${hint}`;
}
