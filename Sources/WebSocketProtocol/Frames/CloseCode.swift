/// Why an endpoint closes a WebSocket. [RFC 6455, 7.4]
package struct CloseCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let normal = CloseCode(rawValue: 1000)
  package static let goingAway = CloseCode(rawValue: 1001)
  package static let protocolError = CloseCode(rawValue: 1002)
  package static let unsupportedData = CloseCode(rawValue: 1003)
  package static let invalidPayload = CloseCode(rawValue: 1007)
  package static let policyViolation = CloseCode(rawValue: 1008)
  package static let messageTooBig = CloseCode(rawValue: 1009)
  package static let internalError = CloseCode(rawValue: 1011)
  package static let serviceRestart = CloseCode(rawValue: 1012)
  package static let tryAgainLater = CloseCode(rawValue: 1013)

  /// Whether the code may stand in a Close frame: those for local use and the unassigned may not.
  package var isSendable: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}

extension CloseCode: CustomStringConvertible {
  package var description: String {
    let name: String? =
      switch rawValue {
      case 1000: "normal"
      case 1001: "going away"
      case 1002: "protocol error"
      case 1003: "unsupported data"
      case 1007: "invalid payload"
      case 1008: "policy violation"
      case 1009: "message too big"
      case 1010: "extension missing"
      case 1011: "internal error"
      case 1012: "service restart"
      case 1013: "try again later"
      case 1014: "bad gateway"
      default: nil
      }
    return name.map { "\(rawValue) \($0)" } ?? "\(rawValue)"
  }
}

/// What a Close frame says; without a code it says nothing.
package struct CloseStatus: Equatable, Sendable {
  /// A Close frame has room for a reason of so many bytes.
  package static let reasonBytesMax = 123

  package let code: CloseCode?
  package let reason: String

  /// Cuts a reason that is too long at the last character that fits.
  package init(_ code: CloseCode?, reason: String = "") {
    self.code = code
    var reason = reason
    while reason.utf8.count > Self.reasonBytesMax { reason.removeLast() }
    self.reason = reason
  }

  /// Reads the payload of a Close frame. [RFC 6455, 5.5.1]
  init(_ payload: [UInt8]) throws(WebSocketViolation) {
    guard !payload.isEmpty else {
      self.init(nil)
      return
    }
    guard payload.count >= 2 else { throw .closePayloadTooShort }
    let code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
    guard code.isSendable else { throw .invalidCloseCode(code.rawValue) }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else {
      throw .invalidText
    }
    self.init(code, reason: reason)
  }

  var payload: [UInt8] {
    guard let code else { return [] }
    return [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)] + Array(reason.utf8)
  }
}
