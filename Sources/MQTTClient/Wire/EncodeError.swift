/// Why a packet cannot be put on the wire.
public enum EncodeError: Error, Equatable, Sendable {
  /// More than the 268,435,455 bytes that a fixed header can announce.
  case packetTooLarge
  /// More than 65,535 bytes of UTF-8.
  case stringTooLong
  case stringContainsNUL
  /// More than 65,535 bytes.
  case binaryTooLong
  case packetIDZero
  /// A publish at QoS 1 or 2 without packet identifier.
  case packetIDMissing
  /// A publish at QoS 0 with a packet identifier.
  case packetIDSuperfluous
  case duplicateAtQoS0
  /// An empty topic name, and no topic alias that stands for it.
  case topicMissing
  case topicNameInvalid
  case topicFilterInvalid
  case subscriptionsMissing
  case reasonCodesMissing
  case noLocalOnSharedSubscription
  case reasonCodeNotAllowed(ReasonCode)
  case propertyValueNotAllowed(PropertyIdentifier)
  case propertyNotAllowed(PropertyIdentifier)
  case sessionPresentWithFailure
  case passwordWithoutUsername
  case clientIDMissing
  case authenticationMethodMissing
  /// The packet, or something in it, exists only in MQTT 5.
  case requiresVersion5
  /// A CONNECT for another protocol version than that of the connection.
  case versionMismatch
}
