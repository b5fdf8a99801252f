/// Why a client could not open a WebSocket with what a server answered.
package enum HandshakeFailure: Error, Equatable, Sendable {
  /// What came is no HTTP response, or the request cannot be sent.
  case http(HTTPHeadError)
  /// The server refused, in the words of "404 Not Found".
  case refused(status: Int, summary: String)
  /// The server wants us elsewhere; the target is without its query.
  case redirected(status: Int, to: String?)
  case missingUpgrade
  /// The server has not understood the handshake, or answers somebody else's.
  case wrongAccept
  case subprotocolMissing(wanted: [String])
  case subprotocolUnknown(String, wanted: [String])
  /// An extension that was not offered, or parameters that do not go with the offer.
  case unwantedExtension
  /// A header of the user's that belongs to the handshake itself.
  case reservedHeader(String)
}

extension HandshakeFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .http(let error): error.description
    case .refused(_, let summary): "the server refuses the WebSocket: \(summary)"
    case .redirected(let status, let target):
      "the server redirects the WebSocket (\(status)) to \(target ?? "nowhere")"
    case .missingUpgrade: "the server switches to another protocol than WebSocket"
    case .wrongAccept: "the server's Sec-WebSocket-Accept does not fit the request"
    case .subprotocolMissing(let wanted):
      "the server selects no WebSocket subprotocol; \(Self.list(wanted)) was offered"
    case .subprotocolUnknown(let selected, let wanted):
      "the server selects the WebSocket subprotocol \(selected); "
        + "\(wanted.isEmpty ? "none" : Self.list(wanted)) was offered"
    case .unwantedExtension: "the server uses a WebSocket extension that was not offered like that"
    case .reservedHeader(let name): "the header \(name) belongs to the WebSocket handshake itself"
    }
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}
