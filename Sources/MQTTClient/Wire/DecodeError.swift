/// Why the bytes of the peer are not an MQTT packet that it may send.
///
/// Offsets count from the first byte of the packet.
public enum DecodeError: Error, Equatable, Sendable {
  /// The fixed header announces a packet above our limit.
  case packetTooLarge(size: Int, limit: Int)
  /// CONNECT asks for a protocol that is neither MQTT 3.1.1 nor MQTT 5.
  case unsupportedProtocol(level: UInt8)
  /// The bytes cannot be parsed. [MQTT 5.0, 4.13.1]
  case malformed(Malformation, at: Int)
  /// The bytes can be parsed and say something forbidden. [MQTT 5.0, 4.13.1]
  case protocolError(Violation, at: Int)

  /// What is wrong with the bytes.
  public enum Malformation: Equatable, Sendable {
    case packetTypeReserved
    case flagsReserved
    case qosReserved
    case duplicateAtQoS0
    case variableIntegerTooLong
    case variableIntegerNotMinimal
    /// A field reaches beyond its packet or its property block.
    case truncated
    case trailingBytes
    case stringNotUTF8
    case stringContainsNUL
    case connectFlagsReserved
    case willFlagsWithoutWill
    case passwordWithoutUsername
    case subscriptionOptionsReserved
    case propertyUnknown
    case propertyNotAllowed(PropertyIdentifier)
    case reasonCodeNotAllowed(ReasonCode)
  }

  /// What the packet says that it must not say.
  public enum Violation: Equatable, Sendable {
    case packetNotAllowed(PacketType)
    case packetBeforeConnect(PacketType)
    case connectRepeated
    case packetIDZero
    case propertyRepeated(PropertyIdentifier)
    case propertyValueNotAllowed(PropertyIdentifier)
    case retainHandlingReserved
    case sessionPresentWithFailure
    /// An empty topic name, and no topic alias that stands for it.
    case topicMissing
    case topicNameInvalid
    case topicFilterInvalid
    case topicAliasZero
    case subscriptionsMissing
    case reasonCodesMissing
    case noLocalOnSharedSubscription
    case authenticationMethodMissing
    case clientIDMissing
  }

  /// What a DISCONNECT, or the CONNACK that refuses a CONNECT, says about this error.
  public var reasonCode: ReasonCode {
    switch self {
    case .packetTooLarge: .packetTooLarge
    case .unsupportedProtocol: .unsupportedProtocolVersion
    case .malformed: .malformedPacket
    case .protocolError(.topicNameInvalid, _): .topicNameInvalid
    case .protocolError(.topicFilterInvalid, _): .topicFilterInvalid
    case .protocolError(.topicAliasZero, _): .topicAliasInvalid
    case .protocolError(.clientIDMissing, _): .clientIdentifierNotValid
    case .protocolError: .protocolError
    }
  }
}
