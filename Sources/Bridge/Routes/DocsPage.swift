import HTTPFront

/// `GET /docs`: the description of the interface for reading, made from `/openapi.json`.
enum DocsPage {
  static let response = PagePolicy.response(html, cacheControl: "no-cache")

  private static let html = """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>mqtt-bridge: the HTTP interface</title>
    <style>
      :root { color-scheme: light dark }
      body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 54rem; padding: 0 1rem }
      summary { cursor: pointer; padding: .25rem 0 } code, pre { font-family: ui-monospace, monospace }
      summary code { font-weight: 600 } p { white-space: pre-line; margin: .5rem 0 }
      table { border-collapse: collapse; width: 100% } td { border-top: 1px solid #8886; padding: .25rem .5rem; vertical-align: top }
      details { border-top: 1px solid #8886 } pre { overflow: auto }
    </style>
    <h1 id="title">mqtt-bridge</h1>
    <p id="about">The description is loading.</p>
    <p>For programs: <a href="openapi.yaml">openapi.yaml</a>, <a href="openapi.json">openapi.json</a></p>
    <div id="operations"></div>
    <script>
      const make = (name, text, ...inside) => {
        const element = document.createElement(name);
        if (text) element.textContent = text;
        element.append(...inside);
        return element;
      };
      const row = (first, second) => make("tr", "", make("td", "", make("code", first)), make("td", second));
      const table = (title, rows) => rows.length ? [make("h4", title), make("table", "", ...rows)] : [];
      function show(api) {
        const find = item => item && item.$ref
          ? find(item.$ref.slice(2).split("/").reduce((all, key) => all && all[key.replace(/~1/g, "/").replace(/~0/g, "~")], api))
          : item;
        document.getElementById("title").textContent = api.info.title + " " + api.info.version;
        document.getElementById("about").textContent = api.info.description;
        const list = document.getElementById("operations");
        for (const [path, unresolved] of Object.entries(api.paths)) {
          const item = find(unresolved);
          for (const [method, operation] of Object.entries(item)) {
            if (!operation.responses) continue;
            const parameters = [...(item.parameters || []), ...(operation.parameters || [])].map(find);
            const body = find(operation.requestBody);
            list.append(make("details", "",
              make("summary", "", make("code", method.toUpperCase() + " " + path), " " + (operation.summary || "")),
              make("p", operation.description || ""),
              ...table("Parameters", parameters.map(each => row(each.name,
                "(" + each.in + (each.required ? ", required) " : ") ") + (each.description || "")))),
              ...table("Body", body ? Object.keys(body.content).map(type => row(type, body.description || "")) : []),
              ...table("Answers", Object.entries(operation.responses).map(([status, answer]) =>
                row(status, (find(answer) || {}).description || "")))));
          }
        }
      }
      fetch("openapi.json").then(answer => answer.json()).then(show).catch(error => {
        document.getElementById("about").textContent = "The description cannot be read: " + error.message;
      });
    </script>
    </html>
    """
}
