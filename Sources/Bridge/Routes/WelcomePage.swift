import HTTPFront

/// `GET /`: one page that says what this is and shows a live stream.
enum WelcomePage {
  static let response = PagePolicy.response(html, cacheControl: "no-store")
  static let withoutConsole = PagePolicy.response(
    html.replacing(consoleLink, with: ""), cacheControl: "no-store")

  private static let consoleLink = #"<p><a href="ui/">Open the console</a></p>"#

  private static let html = """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>mqtt-bridge</title>
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 44rem; padding: 0 1rem }
      form { display: flex; gap: .5rem; margin: .5rem 0 } input { flex: 1; font: inherit; padding: .25rem }
      button { font: inherit } #log { font-family: monospace; white-space: pre-wrap }
    </style>
    <h1>mqtt-bridge</h1>
    <p>Publish with HTTP, subscribe with server-sent events, through your MQTT broker.</p>
    \(consoleLink)
    <form id="publish"><input name="topic" value="demo/hello" aria-label="Topic">
      <input name="payload" value="hi" aria-label="Payload"><button>Publish</button></form>
    <form id="subscribe"><input name="topic" value="demo/#" aria-label="Topic filter">
      <button>Subscribe</button></form>
    <p id="state" role="status">not subscribed</p>
    <div id="log"></div>
    <script>
      const state = document.getElementById("state"), log = document.getElementById("log");
      let source;
      const show = text => { log.prepend(text + "\\n"); };
      function subscribe(topic) {
        if (source) source.close();
        source = new EventSource("subscribe?topic=" + encodeURIComponent(topic));
        source.addEventListener("bridge.open", () => { state.textContent = "subscribed to " + topic; });
        source.onmessage = event => {
          const message = JSON.parse(event.data);
          show(message.topic + "  " + message.payload);
        };
        source.onerror = () => { state.textContent = "connecting…"; };
      }
      document.getElementById("subscribe").onsubmit = event => {
        event.preventDefault();
        subscribe(event.target.topic.value);
      };
      document.getElementById("publish").onsubmit = async event => {
        event.preventDefault();
        const form = event.target;
        const answer = await fetch("publish?topic=" + encodeURIComponent(form.topic.value),
          { method: "POST", body: form.payload.value });
        if (!answer.ok) show("not published: " + (await answer.json()).detail);
      };
      subscribe("demo/#");
    </script>
    </html>
    """
}
