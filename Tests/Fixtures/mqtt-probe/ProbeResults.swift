import MQTTClient

/// How outcomes and failures are called in the probe's protocol.
extension ConnectionFailure {
  var probeName: String {
    switch kind {
    case .nameNotResolved: "resolve"
    case .unreachable: "unreachable"
    case .tls: "tls"
    case .handshakeRefused: "handshake"
    case .refused: "refused"
    case .closedByBroker, .connectionLost: "closed"
    case .protocolViolation: reasonCode == .malformedPacket ? "malformed" : "protocol"
    case .connectTimeout, .pingTimeout, .acknowledgementTimeout, .writeStalled: "timeout"
    case .local: "local"
    default: "failed"
    }
  }

  var probeFields: [String: Any] {
    var fields: [String: Any] = ["ok": false, "error": probeName, "detail": description]
    if let reasonCode { fields["code"] = Int(reasonCode.rawValue) }
    return fields
  }
}

extension PublishOutcome {
  var probeFields: [String: Any] {
    switch self {
    case .sent: ["ok": true, "code": 0]
    case .acknowledged(let code, _, _): ["ok": true, "code": Int(code.rawValue)]
    case .rejected(let code, _):
      ["ok": false, "error": "rejected", "code": Int(code.rawValue)]
    case .expired: ["ok": false, "error": "expired"]
    case .cancelled: ["ok": false, "error": "cancelled"]
    case .notSent(let obstacle): obstacle.probeFields(otherwise: "not-sent")
    case .maybeSent(let obstacle): obstacle.probeFields(otherwise: "maybe-sent")
    }
  }
}

extension PublishObstacle {
  fileprivate func probeFields(otherwise name: String) -> [String: Any] {
    let code: ReasonCode? =
      switch self {
      case .maximumQoS: .qosNotSupported
      case .retainUnavailable: .retainNotSupported
      case .packetTooLarge: .packetTooLarge
      case .topicAliasTooLarge, .topicAliasUnknown: .topicAliasInvalid
      case .invalid: .topicNameInvalid
      default: nil
      }
    var fields: [String: Any] = ["ok": false, "error": name, "detail": "\(self)"]
    if let code { fields["code"] = Int(code.rawValue) }
    return fields
  }
}

extension Message {
  var probeEvent: ProbeObject {
    var event = ProbeObject([
      "ev": "message", "topic": topic, "qos": Int(qos.rawValue), "retain": isRetained,
      "dup": isDuplicate, "props": properties.probeObject.fields,
    ])
    event.set("payload", bytes: payload)
    return event
  }
}
