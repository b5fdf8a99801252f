/// How much the end of a link says against the message that was sent last.
enum PoisonEvidence: Equatable {
  case none
  /// The broker, or something in front of it, ended the link without saying why it dislikes us.
  case suspicious(ReasonCode?)
  /// The broker named a fault that only a message can have.
  case certain(ReasonCode)

  init(_ reason: DownReason?) {
    switch reason {
    case .linkFailed(.closedByPeer): self = .suspicious(nil)
    case .linkFailed(.transferFailed(let number)):
      self = Self.isPeersEnd(number) ? .suspicious(nil) : .none
    case .closedByBroker(let code, _):
      self =
        Self.faults.contains(code)
        ? .certain(code) : Self.doubts.contains(code) ? .suspicious(code) : .none
    default: self = .none
    }
  }

  var reasonCode: ReasonCode? {
    switch self {
    case .none: nil
    case .suspicious(let code): code
    case .certain(let code): code
    }
  }

  /// EPIPE and ECONNRESET: a broker that closes before it has read everything resets the connection.
  private static func isPeersEnd(_ number: Int32) -> Bool { number == 32 || number == 104 }

  private static let faults: Set<ReasonCode> = [
    .malformedPacket, .protocolError, .topicNameInvalid, .packetTooLarge, .payloadFormatInvalid,
    .retainNotSupported, .qosNotSupported, .topicAliasInvalid,
  ]

  private static let doubts: Set<ReasonCode> = [
    .unspecifiedError, .implementationSpecificError, .notAuthorized, .quotaExceeded,
  ]
}
