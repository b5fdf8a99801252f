import HTTPFront
import MQTTClient

/// The Content-Security-Policy of a page of ours: its own script and style run, by their hashes, and nothing else.
enum PagePolicy {
  static func response(_ html: String, cacheControl: String) -> Response {
    Response(
      status: 200,
      headers: [
        "Content-Type": "text/html; charset=utf-8", "Cache-Control": cacheControl,
        "Content-Security-Policy": text(for: html),
      ],
      body: Array(html.utf8))
  }

  static func text(for html: String) -> String {
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
      + "connect-src 'self'; script-src \(source("script", html)); style-src \(source("style", html))"
  }

  /// The hash of what stands in the only element of this name. [CSP3, 6.7.3.3]
  private static func source(_ element: String, _ html: String) -> String {
    guard let start = html.firstRange(of: "<\(element)>"),
      let end = html[start.upperBound...].firstRange(of: "</\(element)>"),
      let hash = try? Cryptography.sha256(Array(html[start.upperBound..<end.lowerBound].utf8))
    else { return "'none'" }
    return "'sha256-\(Base64.encode(hash))'"
  }
}
