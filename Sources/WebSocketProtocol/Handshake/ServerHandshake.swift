/// The server's half of the opening handshake. [RFC 6455, 4.2]
package struct ServerHandshake: Equatable, Sendable {
  /// Why a request is no handshake that this server takes.
  package enum Refusal: Error, Equatable, Sendable {
    /// It is no GET, has no `Upgrade: websocket`, or the key is malformed.
    case notWebSocket
    /// Another version than 13; the answer names that one. [RFC 6455, 4.2.2]
    case unknownVersion
    /// The client offers subprotocols, and none is ours.
    case noSubprotocol
  }

  /// The head of the 101 response.
  package let response: HTTPResponseHead
  /// The one of our subprotocols that was selected.
  package let subprotocol: String?
  package let deflate: DeflateParameters?

  /// Answers a request; `subprotocols` are ours, the most wanted first, and none if it is empty.
  ///
  /// A client that offers none gets none. Compression is agreed on within `deflate`, and never if
  /// that is nil.
  package init(
    _ request: HTTPRequestHead, subprotocols: [String] = [], deflate: DeflateParameters? = nil
  ) throws(Refusal) {
    let fields = request.fields
    let keys = fields.values("Sec-WebSocket-Key")
    guard request.method == "GET", request.minorVersion == 1, fields["Host"] != nil,
      fields.list("Upgrade", has: "websocket"), fields.list("Connection", has: "upgrade"),
      keys.count == 1, Base64.isEncoding(keys[0], ofBytes: 16)
    else { throw .notWebSocket }
    guard fields.values("Sec-WebSocket-Version") == ["13"] else { throw .unknownVersion }

    let offered = fields.listElements("Sec-WebSocket-Protocol")
    subprotocol = subprotocols.first { offered.contains(Substring($0)) }
    guard offered.isEmpty || subprotocols.isEmpty || subprotocol != nil else {
      throw .noSubprotocol
    }
    let extensions = WebSocketExtension.all(in: fields.values("Sec-WebSocket-Extensions")) ?? []
    let answer = deflate.flatMap { DeflateNegotiation.answer(to: extensions, $0) }
    self.deflate = answer?.agreed

    var answers: HTTPFields = [
      HTTPField("Upgrade", "websocket"), HTTPField("Connection", "Upgrade"),
      HTTPField("Sec-WebSocket-Accept", AcceptKey.answer(to: keys[0])),
    ]
    if let subprotocol { answers.append("Sec-WebSocket-Protocol", subprotocol) }
    if let answer { answers.append("Sec-WebSocket-Extensions", answer.text) }
    response = HTTPResponseHead(status: 101, reason: "Switching Protocols", fields: answers)
  }
}
