/// The client's half of the opening handshake. [RFC 6455, 4.1]
package struct ClientHandshake: Equatable, Sendable {
  /// What both ends have agreed on.
  package struct Agreement: Equatable, Sendable {
    package let subprotocol: String?
    package let deflate: DeflateParameters?
  }

  private static let reservedHeaders = [
    "Host", "Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Content-Length", "Transfer-Encoding",
  ]

  private let key: String
  private let subprotocols: [String]
  private let deflate: DeflateParameters?

  /// A handshake that offers this; `nonce` is 16 random bytes.
  package init(nonce: [UInt8], subprotocols: [String], deflate: DeflateParameters? = nil) {
    precondition(nonce.count == 16, "a nonce of \(nonce.count) bytes")
    key = Base64.encoded(nonce)
    self.subprotocols = subprotocols
    self.deflate = deflate
  }

  /// The bytes of the request.
  package func request(
    authority: String, path: String, headers: HTTPFields = []
  ) throws(HandshakeFailure) -> [UInt8] {
    var fields: HTTPFields = [
      HTTPField("Host", authority), HTTPField("Upgrade", "websocket"),
      HTTPField("Connection", "Upgrade"), HTTPField("Sec-WebSocket-Key", key),
      HTTPField("Sec-WebSocket-Version", "13"),
    ]
    if !subprotocols.isEmpty {
      fields.append("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))
    }
    if let deflate {
      fields.append("Sec-WebSocket-Extensions", DeflateNegotiation.offer(deflate))
    }
    for header in headers.all {
      guard !Self.reservedHeaders.contains(where: { $0.isSameHTTPToken(as: header.name) }) else {
        throw .reservedHeader(header.name)
      }
      fields.append(header.name, header.value)
    }
    do throws(HTTPHeadError) {
      return try HTTPRequestHead(method: "GET", target: path, fields: fields).encoded()
    } catch {
      throw .http(error)
    }
  }

  /// Checks the server's answer.
  package func agreement(_ response: HTTPResponseHead) throws(HandshakeFailure) -> Agreement {
    let fields = response.fields
    guard response.status == 101 else { throw Self.refusal(response) }
    guard response.minorVersion == 1, fields.values("Upgrade").count == 1,
      fields["Upgrade"]?.isSameHTTPToken(as: "websocket") == true,
      fields.list("Connection", has: "upgrade")
    else { throw .missingUpgrade }
    guard fields.values("Sec-WebSocket-Accept") == [AcceptKey.answer(to: key)] else {
      throw .wrongAccept
    }
    return Agreement(subprotocol: try selected(fields), deflate: try deflated(fields))
  }

  private static func refusal(_ response: HTTPResponseHead) -> HandshakeFailure {
    guard (300..<400).contains(response.status) else {
      return .refused(status: response.status, summary: response.summary)
    }
    let target = response.fields["Location"].map { location in
      // A query may hold a token, and so may what comes before an at sign.
      let visible = location.prefix { $0 != "?" && $0 != "#" }
      let scheme = visible.firstRange(of: "://").map { visible[..<$0.upperBound] } ?? ""
      let rest = visible.dropFirst(scheme.count)
      let authorityEnd = rest.firstIndex(of: "/") ?? rest.endIndex
      let hostStart = rest[..<authorityEnd].lastIndex(of: "@").map { rest.index(after: $0) }
      return String((scheme + rest[(hostStart ?? rest.startIndex)...]).prefix(200))
    }
    return .redirected(status: response.status, to: target)
  }

  private func selected(_ fields: HTTPFields) throws(HandshakeFailure) -> String? {
    let values = fields.values("Sec-WebSocket-Protocol")
    guard let selected = values.first else {
      guard subprotocols.isEmpty else { throw .subprotocolMissing(wanted: subprotocols) }
      return nil
    }
    // The names are case-sensitive.
    guard values.count == 1, subprotocols.contains(selected) else {
      throw .subprotocolUnknown(String(selected.prefix(100)), wanted: subprotocols)
    }
    return selected
  }

  private func deflated(_ fields: HTTPFields) throws(HandshakeFailure) -> DeflateParameters? {
    let values = fields.values("Sec-WebSocket-Extensions")
    guard !values.isEmpty else { return nil }
    guard let all = WebSocketExtension.all(in: values), all.count == 1, let deflate,
      all[0].name.isSameHTTPToken(as: DeflateNegotiation.name),
      let agreed = DeflateNegotiation.accepted(all[0], deflate)
    else { throw .unwantedExtension }
    return agreed
  }
}

/// The proof that a server has read the key of the handshake. [RFC 6455, 4.2.2]
enum AcceptKey {
  static func answer(to key: String) -> String {
    Base64.encoded(SHA1.digest(of: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }
}
