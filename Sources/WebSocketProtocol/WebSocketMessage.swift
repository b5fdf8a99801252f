/// What a message is made of.
package enum MessageKind: Equatable, Sendable { case text, binary }

/// The next bytes of a message: one frame may bring several parts, and a message several frames.
package struct MessagePart: Equatable, Sendable {
  package let kind: MessageKind
  /// A slice of what was read where that is possible, so it is not to be kept for long.
  package let bytes: ArraySlice<UInt8>
  /// Whether the message ends here.
  package let isLast: Bool
}

/// A whole message.
package struct WebSocketMessage: Equatable, Sendable {
  package let kind: MessageKind
  package let bytes: ArraySlice<UInt8>

  package init(_ kind: MessageKind, _ bytes: ArraySlice<UInt8>) {
    self.kind = kind
    self.bytes = bytes
  }
}

/// Joins the parts of each message; the limit on its size is the machine's.
package struct MessageAssembler: Sendable {
  private var bytes: [UInt8] = []

  package init() {}

  /// The message that ends with this part; nil when it goes on.
  package mutating func add(_ part: MessagePart) -> WebSocketMessage? {
    guard part.isLast else {
      bytes.append(contentsOf: part.bytes)
      return nil
    }
    guard !bytes.isEmpty else { return WebSocketMessage(part.kind, part.bytes) }
    bytes.append(contentsOf: part.bytes)
    return WebSocketMessage(part.kind, exchange(&bytes, with: [])[...])
  }
}
