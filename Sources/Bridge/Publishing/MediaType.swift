/// A media type without its parameters, in lower case. [RFC 9110, 8.3.1]
struct MediaType {
  static let json = "application/json"
  static let ndjson = "application/x-ndjson"
  static let form = "application/x-www-form-urlencoded"

  let essence: String

  init(_ header: String) {
    let type = header.prefix { $0 != ";" }
    essence = type.filter { !$0.isWhitespace }.lowercased()
  }

  /// Whether its content is text in UTF-8 as far as this server knows.
  var isText: Bool {
    essence.hasPrefix("text/") || essence == Self.json || essence.hasSuffix("+json")
  }
}
