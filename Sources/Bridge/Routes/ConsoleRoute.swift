import ConsoleFiles
import HTTPFront
import MQTTClient

/// The console at `/ui/` and the library `/mqtt-bridge.js`: files that are a part of the program.
///
/// They are the same for everybody; what they ask for is guarded.
enum ConsoleRoute {
  /// Nothing but what this server serves is loaded, run or asked.
  static let policy =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    + "script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:"

  /// `GET /ui`: to where the relative addresses of the page are right.
  static let entry = Response(
    status: 308, headers: ["Location": "ui/", "Cache-Control": "no-cache"])

  private struct File {
    let type: String
    let tag: String
    let bytes: [UInt8]
  }

  private static let files: [String: File] = Dictionary(
    uniqueKeysWithValues: ConsoleFiles.all.map { file in
      let hash = (try? Cryptography.sha256(file.bytes)) ?? []
      let tag = "\"" + Base64.encode(hash.prefix(12)) + "\""
      return (file.name, File(type: type(of: file.name), tag: tag, bytes: file.bytes))
    })

  static func response(for name: String, to head: RequestHead) -> Response {
    guard let file = files[name] else { return Problem(.notFound).response(to: head) }
    let headers: HeaderFields = [
      "Content-Type": file.type, "Cache-Control": "no-cache", "ETag": file.tag,
      "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer",
    ]
    let known = head.headers.list("If-None-Match").map { $0.hasPrefix("W/") ? $0.dropFirst(2) : $0 }
    guard !known.contains(where: { $0 == file.tag || $0 == "*" }) else {
      return Response(status: 304, headers: headers)
    }
    return Response(status: 200, headers: headers, body: file.bytes)
  }

  private static func type(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "text/plain; charset=utf-8"
    }
  }
}
