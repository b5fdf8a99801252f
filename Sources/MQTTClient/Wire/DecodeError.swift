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
    /// A packet type that the version does not have. [MQTT 5.0, 2.1.2]
    case packetTypeReserved
    /// A reserved flag has the wrong value. [MQTT-2.1.3-1]
    case flagsReserved
    /// Both QoS bits are set. [MQTT-3.3.1-4]
    case qosReserved
    /// DUP without an exchange to repeat. [MQTT-3.3.1-2]
    case duplicateAtQoS0
    /// A variable byte integer goes on after its fourth byte. [MQTT 5.0, 1.5.5]
    case variableIntegerTooLong
    /// A variable byte integer has more bytes than it needs. [MQTT-1.5.5-1]
    case variableIntegerNotMinimal
    /// A field reaches beyond its packet or its property block.
    case truncated
    /// The packet goes on after its last field.
    case trailingBytes
    /// A text is not well-formed UTF-8. [MQTT-1.5.4-1]
    case stringNotUTF8
    /// A text contains U+0000. [MQTT-1.5.4-2]
    case stringContainsNUL
    /// The reserved bit of CONNECT is set. [MQTT-3.1.2-3]
    case connectFlagsReserved
    /// CONNECT gives a QoS or a retain flag to no will. [MQTT-3.1.2-11] [MQTT-3.1.2-13]
    case willFlagsWithoutWill
    /// A 3.1.1 CONNECT has a password and no user name. [MQTT 3.1.1, 3.1.2.9]
    case passwordWithoutUsername
    /// A reserved bit of the subscription options is set. [MQTT-3.8.3-5]
    case subscriptionOptionsReserved
    /// A property identifier that MQTT 5 does not list. [MQTT 5.0, 2.2.2.2]
    case propertyUnknown
    /// A property of another kind of packet. [MQTT 5.0, 2.2.2.2]
    case propertyNotAllowed(PropertyIdentifier)
    /// A reason code of another kind of packet. [MQTT 5.0, 2.4]
    case reasonCodeNotAllowed(ReasonCode)
  }

  /// What the packet says that it must not say.
  public enum Violation: Equatable, Sendable {
    /// A kind of packet that only the other side sends.
    case packetNotAllowed(PacketType)
    /// A packet before CONNECT. [MQTT-3.1.0-1]
    case packetBeforeConnect(PacketType)
    /// A second CONNECT. [MQTT-3.1.0-2]
    case connectRepeated
    /// A packet identifier of zero. [MQTT-2.2.1-3]
    case packetIDZero
    /// A property that may come only once came again. [MQTT 5.0, 2.2.2.2]
    case propertyRepeated(PropertyIdentifier)
    /// A property has a value outside its range.
    case propertyValueNotAllowed(PropertyIdentifier)
    /// Retain Handling has the value 3. [MQTT 5.0, 3.8.3.1]
    case retainHandlingReserved
    /// A CONNACK refuses and claims a session. [MQTT-3.2.2-6]
    case sessionPresentWithFailure
    /// An empty topic name, and no topic alias that stands for it.
    case topicMissing
    /// A topic name is too long or has wildcards. [MQTT-3.3.2-2]
    case topicNameInvalid
    /// A topic filter is empty, or its wildcards are misplaced. [MQTT 5.0, 4.7]
    case topicFilterInvalid
    /// A topic alias of zero. [MQTT-3.3.2-8]
    case topicAliasZero
    /// SUBSCRIBE or UNSUBSCRIBE without a filter. [MQTT-3.8.3-2] [MQTT-3.10.3-2]
    case subscriptionsMissing
    /// SUBACK or UNSUBACK without a reason code.
    case reasonCodesMissing
    /// No Local on a shared subscription. [MQTT-3.8.3-4]
    case noLocalOnSharedSubscription
    /// AUTH, or authentication data, without a method. [MQTT 5.0, 3.15.2.2.2]
    case authenticationMethodMissing
    /// A 3.1.1 CONNECT without client identifier wants to resume. [MQTT 3.1.1, 3.1.3.1]
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
