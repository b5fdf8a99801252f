package import WebSocketProtocol

/// How a WebSocket begins, and within which bounds it lives.
package struct WebSocketHead: Sendable {
  /// What `HTTPApplication.socketReceived` is handed.
  package enum Reception: Sendable {
    /// Whole messages, text and binary.
    case messages
    /// The bytes of binary messages as they come, for a tunnel; a text ends it with 1003.
    case pieces
  }

  /// Further headers of the 101 answer.
  package var headers: HeaderFields
  /// Ours, the most wanted first; a client that offers others only is refused.
  package var subprotocols: [String]
  /// Within what bounds messages may be compressed; nil never agrees to that.
  package var deflate: DeflateParameters?
  package var limits: WebSocketLimits
  package var reception = Reception.messages
  package var pingInterval = Duration.seconds(25)
  /// A client of which nothing arrives for this long after a ping is cut off.
  package var pongTimeout = Duration.seconds(20)
  /// How long the closing handshake may take.
  package var closeTimeout = Duration.seconds(5)
  /// A client that takes no byte for this long, while some wait, is cut off.
  package var writeStallLimit = Duration.seconds(60)
  /// While more than this waits for it alone, nothing is read from the client, and
  /// `HTTPApplication.socketCrowded` has told so.
  package var crowdedBytes = 256 << 10
  /// When more than this would wait for it alone, it is closed with 4008.
  package var waitingBytesMax = 4 << 20
  package var whenBehind = WhenBehind.leave

  package init(
    headers: HeaderFields = HeaderFields(), subprotocols: [String] = [],
    deflate: DeflateParameters? = DeflateParameters(), limits: WebSocketLimits = WebSocketLimits()
  ) {
    self.headers = headers
    self.subprotocols = subprotocols
    self.deflate = deflate
    self.limits = limits
  }
}

/// Whether more of a WebSocket is to be read now.
package enum SocketFlow: Equatable, Sendable {
  case more
  /// Nothing more until `StreamCommand.resumeReading`.
  case pause
}

extension CloseCode {
  /// The client did not take fast enough what was sent to it.
  package static let tooSlow = CloseCode(rawValue: 4008)
}
