/// What the peer did that a WebSocket does not allow, or that is beyond our limits.
package enum WebSocketViolation: Error, Equatable, Sendable {
  /// A reserved bit that no extension gives a meaning here.
  case reservedBits
  case unknownOpcode(UInt8)
  /// A client must mask its frames, and a server must not. [RFC 6455, 5.1]
  case wrongMasking
  case fragmentedControl
  case longControl
  /// The length has more bytes than it needs, or its highest bit set. [RFC 6455, 5.2]
  case malformedLength
  case frameTooLarge(limit: Int)
  case messageTooLarge(limit: Int)
  case continuationOfNothing
  /// A new message in the middle of another one.
  case interruptedMessage
  case invalidText
  case closePayloadTooShort
  case invalidCloseCode(UInt16)
  case invalidCompression

  /// The code for the Close frame that answers it.
  package var closeCode: CloseCode {
    switch self {
    case .invalidText, .invalidCompression: .invalidPayload
    case .frameTooLarge, .messageTooLarge: .messageTooBig
    case .reservedBits, .unknownOpcode, .wrongMasking, .fragmentedControl, .longControl,
      .malformedLength, .continuationOfNothing, .interruptedMessage, .closePayloadTooShort,
      .invalidCloseCode:
      .protocolError
    }
  }
}

extension WebSocketViolation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .reservedBits: "a WebSocket frame has a reserved bit set"
    case .unknownOpcode(let value): "a WebSocket frame has the unknown opcode \(value)"
    case .wrongMasking: "a WebSocket frame is masked by the server, or not by the client"
    case .fragmentedControl: "a WebSocket control frame is fragmented"
    case .longControl: "a WebSocket control frame has more than 125 bytes"
    case .malformedLength: "a WebSocket frame has a malformed length"
    case .frameTooLarge(let limit): "a WebSocket frame has more than \(limit) bytes"
    case .messageTooLarge(let limit): "a WebSocket message has more than \(limit) bytes"
    case .continuationOfNothing: "a WebSocket continuation frame continues no message"
    case .interruptedMessage: "a WebSocket message begins within another one"
    case .invalidText: "a WebSocket text is not UTF-8"
    case .closePayloadTooShort: "a WebSocket Close frame has half a status code"
    case .invalidCloseCode(let code): "a WebSocket Close frame has the invalid code \(code)"
    case .invalidCompression: "a compressed WebSocket message cannot be decompressed"
    }
  }
}
