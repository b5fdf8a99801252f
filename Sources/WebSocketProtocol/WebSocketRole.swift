/// Which end of a WebSocket this is.
package enum WebSocketRole {
  /// A client masks what it sends with keys that the server cannot foresee. [RFC 6455, 10.3]
  case client(maskKey: () -> UInt32)
  case server
}

/// The bounds of one WebSocket.
package struct WebSocketLimits: Equatable, Sendable {
  /// The largest frame that is accepted, in bytes of payload as sent.
  package var frameBytesMax = 16 << 20
  /// The largest message that is accepted, in bytes after decompression.
  package var messageBytesMax = 16 << 20
  /// The largest frame that is sent; longer messages are fragmented.
  package var sentFrameBytesMax = 64 << 10
  /// Shorter messages go out uncompressed.
  package var compressedBytesMin = 64

  package init() {}
}
