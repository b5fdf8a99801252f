extension ReasonCode {
  /// Whether MQTT 5 lists this code for a packet of that type. [MQTT 5.0, 2.4]
  func isAllowed(in type: PacketType) -> Bool {
    switch type {
    case .connectAck:
      switch rawValue {
      case 0x00, 0x80...0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99...0x9D, 0x9F: true
      default: false
      }
    case .publishAck, .publishReceived:
      switch rawValue {
      case 0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99: true
      default: false
      }
    case .publishRelease, .publishComplete: self == .success || self == .packetIdentifierNotFound
    case .subscribeAck:
      switch rawValue {
      case 0x00...0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2: true
      default: false
      }
    case .unsubscribeAck:
      switch rawValue {
      case 0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91: true
      default: false
      }
    case .disconnect:
      switch rawValue {
      case 0x00, 0x04, 0x80...0x83, 0x87, 0x89, 0x8B...0x90, 0x93...0xA2: true
      default: false
      }
    case .auth: rawValue == 0x00 || rawValue == 0x18 || rawValue == 0x19
    case .connect, .publish, .subscribe, .unsubscribe, .pingRequest, .pingResponse: false
    }
  }

  /// The return code of a 3.1.1 CONNACK with this meaning. [MQTT 3.1.1, 3.2.2.3]
  var connectReturnCode: UInt8? {
    switch self {
    case .success: 0
    case .unsupportedProtocolVersion: 1
    case .clientIdentifierNotValid: 2
    case .serverUnavailable: 3
    case .badUsernameOrPassword: 4
    case .notAuthorized: 5
    default: nil
    }
  }

  /// The meaning of the return code of a 3.1.1 CONNACK.
  init?(connectReturnCode: UInt8) {
    switch connectReturnCode {
    case 0: self = .success
    case 1: self = .unsupportedProtocolVersion
    case 2: self = .clientIdentifierNotValid
    case 3: self = .serverUnavailable
    case 4: self = .badUsernameOrPassword
    case 5: self = .notAuthorized
    default: return nil
    }
  }

  /// Whether a 3.1.1 SUBACK can carry this code. [MQTT 3.1.1, 3.9.3]
  var isSubscribeReturnCode: Bool { rawValue <= 2 || self == .unspecifiedError }
}
