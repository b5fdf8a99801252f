extension ReasonCode: CustomStringConvertible {
  /// The meaning in words, for logs; nil for a code that MQTT 5 does not list.
  public var name: String? {
    switch self {
    case .success: "success"
    case .grantedQoS1: "granted QoS 1"
    case .grantedQoS2: "granted QoS 2"
    case .disconnectWithWill: "disconnect with will message"
    case .noMatchingSubscribers: "no matching subscribers"
    case .noSubscriptionExisted: "no subscription existed"
    case .continueAuthentication: "continue authentication"
    case .reauthenticate: "re-authenticate"
    default: failureName
    }
  }

  /// The code and its meaning, such as "0x87 not authorized".
  public var description: String {
    let hex = String(rawValue, radix: 16, uppercase: true)
    let code = rawValue < 0x10 ? "0x0\(hex)" : "0x\(hex)"
    return name.map { "\(code) \($0)" } ?? code
  }

  private var failureName: String? {
    guard rawValue >= Self.unspecifiedError.rawValue else { return nil }
    let index = Int(rawValue - Self.unspecifiedError.rawValue)
    return index < Self.failureNames.count ? Self.failureNames[index] : nil
  }

  /// From 0x80 on, without gaps.
  private static let failureNames = [
    "unspecified error", "malformed packet", "protocol error", "implementation specific error",
    "unsupported protocol version", "client identifier not valid", "bad user name or password",
    "not authorized", "server unavailable", "server busy", "banned", "server shutting down",
    "bad authentication method", "keep alive timeout", "session taken over",
    "topic filter invalid", "topic name invalid", "packet identifier in use",
    "packet identifier not found", "receive maximum exceeded", "topic alias invalid",
    "packet too large", "message rate too high", "quota exceeded", "administrative action",
    "payload format invalid", "retain not supported", "QoS not supported", "use another server",
    "server moved", "shared subscriptions not supported", "connection rate exceeded",
    "maximum connect time", "subscription identifiers not supported",
    "wildcard subscriptions not supported",
  ]
}
