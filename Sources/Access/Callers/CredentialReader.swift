import WebSocketProtocol

/// Finds the credential of a request.
///
/// The first there is counts: `Authorization: Bearer`, `Authorization: Basic`, the WebSocket subprotocol,
/// `X-API-Key`, the cookie, `?ticket=`. What comes after it is not looked at. When the one that counts is
/// malformed, the request is refused: it is not anonymous.
package struct CredentialReader {
  package static let cookieName = "__Host-bridge"
  package static let bytesMaximum = 8192

  /// All values of a header field, in their order.
  private let header: (String) -> [String]
  /// All values of the query parameter `ticket`, decoded.
  private let tickets: [String]
  /// Whether the request wants a WebSocket: only then are its subprotocols looked at.
  private let isWebSocket: Bool

  package init(header: @escaping (String) -> [String], tickets: [String], isWebSocket: Bool = false)
  {
    self.header = header
    self.tickets = tickets
    self.isWebSocket = isWebSocket
  }

  /// The credential; nil for a request without any.
  package func read() throws(Refusal) -> Credential? {
    if let content = try authorization() { return Credential(content) }
    if isWebSocket, let token = try subprotocol() { return Credential(.bearer(token)) }
    if let key = try one(header("X-API-Key").map(Self.trimmed), "header X-API-Key") {
      return Credential(.apiKey(try visible(key, "header X-API-Key")))
    }
    if let token = try cookie() {
      return Credential(.cookie(try token68(token, "cookie \(Self.cookieName)")))
    }
    if let ticket = try one(tickets, "parameter ticket") {
      return Credential(.ticket(try token68(ticket, "parameter ticket")))
    }
    return nil
  }

  private func authorization() throws(Refusal) -> Credential.Content? {
    var bearers: [String] = []
    var basics: [String] = []
    var others: [String] = []
    for value in header("Authorization").map(Self.trimmed) {
      let scheme = value.utf8.prefix { $0 != 0x20 }
      let rest = String(
        decoding: value.utf8.dropFirst(scheme.count).drop { $0 == 0x20 }, as: UTF8.self)
      switch String(decoding: scheme, as: UTF8.self).lowercased() {
      case "bearer": bearers.append(rest)
      case "basic": basics.append(rest)
      case let other: others.append(other)
      }
    }
    if let token = try one(bearers, "Authorization: Bearer") {
      return .bearer(try token68(token, "Authorization: Bearer"))
    }
    if let text = try one(basics, "Authorization: Basic") { return try basic(text) }
    guard let other = others.first else { return nil }
    throw Refusal(
      .tokenInvalid,
      "Authorization '\(GrantWords.short(other))' is not known; Bearer and Basic are")
  }

  /// `user:password` in base64. [RFC 7617]
  private func basic(_ text: String) throws(Refusal) -> Credential.Content {
    guard text.utf8.count <= Self.bytesMaximum else { throw tooLong("Authorization: Basic") }
    guard let bytes = Base64.decoded(text), let pair = String(validating: bytes, as: UTF8.self),
      let colon = pair.utf8.firstIndex(of: UInt8(ascii: ":")), colon > pair.startIndex,
      !pair.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else {
      throw Refusal(
        .tokenInvalid, "Authorization: Basic is not the base64 of a user, a colon and a password")
    }
    return .basic(
      user: String(decoding: pair.utf8[..<colon], as: UTF8.self),
      password: String(decoding: pair.utf8[colon...].dropFirst(), as: UTF8.self))
  }

  /// A browser cannot set headers of a WebSocket, so its token comes as `bearer.<token>`.
  private func subprotocol() throws(Refusal) -> String? {
    let prefix = "bearer."
    let tokens = header("Sec-WebSocket-Protocol")
      .flatMap { $0.split(separator: ",").map { Self.trimmed(String($0)) } }
      .filter { $0.utf8.starts(with: prefix.utf8) }
    guard let token = try one(tokens, "subprotocol bearer") else { return nil }
    return try token68(String(token.dropFirst(prefix.count)), "subprotocol bearer")
  }

  private func cookie() throws(Refusal) -> String? {
    var values: [String] = []
    for pair in header("Cookie").flatMap({ $0.split(separator: ";") }) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, Self.trimmed(String(parts[0])) == Self.cookieName else { continue }
      let value = Self.trimmed(String(parts[1]))
      // A cookie that was emptied is no cookie.
      if !value.isEmpty { values.append(value) }
    }
    return try one(values, "cookie \(Self.cookieName)")
  }

  /// The only value; twice the same is one.
  private func one(_ values: [String], _ name: String) throws(Refusal) -> String? {
    guard let first = values.first else { return nil }
    guard values.allSatisfy({ $0.utf8.elementsEqual(first.utf8) }) else {
      throw Refusal(.tokenInvalid, "\(name) is there more than once, with different values")
    }
    return first
  }

  private func token68(_ text: String, _ name: String) throws(Refusal) -> String {
    let text = try visible(text, name)
    let isToken = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
        UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
        true
      default: false
      }
    }
    guard isToken else {
      throw Refusal(.tokenInvalid, "\(name) has a character that is in no token")
    }
    return text
  }

  private func visible(_ text: String, _ name: String) throws(Refusal) -> String {
    guard !text.isEmpty else { throw Refusal(.tokenInvalid, "\(name) is empty") }
    guard text.utf8.count <= Self.bytesMaximum else { throw tooLong(name) }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Refusal(.tokenInvalid, "\(name) has a character that is in no token")
    }
    return text
  }

  private func tooLong(_ name: String) -> Refusal {
    Refusal(.tokenInvalid, "\(name) is longer than \(Self.bytesMaximum) bytes")
  }

  private static func trimmed(_ text: String) -> String {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    let start = text.utf8.drop(while: isBlank)
    let end = start.reversed().drop(while: isBlank)
    return String(decoding: start.prefix(end.count), as: UTF8.self)
  }
}
