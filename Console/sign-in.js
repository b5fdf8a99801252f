// Who asks: a token, a user, an API key, or nobody.
import { identity, signIn } from "./api.js";
import { byID, h, say } from "./dom.js";

const kinds = [["none", "Nobody"], ["token", "Token"], ["basic", "User and password"], ["key", "API key"]];

export function signInDialog() {
  const button = byID("who");
  const kind = h("select", { name: "kind", onchange: show }, kinds.map(([value, text]) => h("option", { value }, text)));
  const token = h("textarea", { name: "token", rows: 4, class: "mono", autocomplete: "off", spellcheck: false });
  const user = h("input", { name: "user", autocomplete: "username" });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password" });
  const key = h("input", { name: "key", type: "password", autocomplete: "off" });
  const field = (label, input) => h("label", { class: "field" }, h("span", {}, label), input);
  const fields = { token: [field("Token (JWT)", token)], basic: [field("User", user), field("Password", password)], key: [field("API key", key)], none: [] };
  const form = h("form", { method: "dialog", onsubmit: submit }, field("Sign in as", kind), ...Object.values(fields).flat(),
    h("p", { class: "muted" }, "It stays in this tab until the tab is closed, and is sent to this bridge only."),
    h("footer", {}, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), h("button", { class: "primary" }, "Use it")));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "who-title" }, h("h2", { id: "who-title" }, "Who is asking?"), form);
  document.body.append(dialog);

  function show() {
    for (const [name, elements] of Object.entries(fields)) for (const element of elements) element.hidden = name !== kind.value;
  }

  function submit() {
    const next = { none: {}, token: { token: token.value.trim() }, basic: { user: user.value, password: password.value }, key: { key: key.value.trim() } }[kind.value];
    signIn({ kind: kind.value, ...next });
    label();
  }

  function label() {
    const who = identity();
    say(button, { none: "Sign in", token: "Token", basic: who.user ?? "User", key: "API key" }[who.kind]);
    button.title = who.kind === "none" ? "Nobody is signed in" : "Signed in; press to change";
  }

  button.addEventListener("click", () => {
    const who = identity();
    kind.value = who.kind;
    token.value = who.token ?? "";
    user.value = who.user ?? "";
    show();
    dialog.showModal();
  });
  label();
}
