/// Why a packet cannot be put on the wire.
public enum EncodeError: Error, Equatable, Sendable {
  /// More than the 268,435,455 bytes that a fixed header can announce.
  case packetTooLarge
  /// More than 65,535 bytes of UTF-8.
  case stringTooLong
  /// A text contains U+0000. [MQTT-1.5.4-2]
  case stringContainsNUL
  /// More than 65,535 bytes.
  case binaryTooLong
  /// A packet identifier of zero. [MQTT-2.2.1-3]
  case packetIDZero
  /// A publish at QoS 1 or 2 without packet identifier.
  case packetIDMissing
  /// A publish at QoS 0 with a packet identifier.
  case packetIDSuperfluous
  /// DUP at QoS 0. [MQTT-3.3.1-2]
  case duplicateAtQoS0
  /// An empty topic name, and no topic alias that stands for it.
  case topicMissing
  /// A topic name has wildcards. [MQTT-3.3.2-2]
  case topicNameInvalid
  /// A topic filter is empty, or its wildcards are misplaced. [MQTT 5.0, 4.7]
  case topicFilterInvalid
  /// SUBSCRIBE or UNSUBSCRIBE without a filter. [MQTT-3.8.3-2] [MQTT-3.10.3-2]
  case subscriptionsMissing
  /// SUBACK or UNSUBACK without a reason code.
  case reasonCodesMissing
  /// No Local on a shared subscription. [MQTT-3.8.3-4]
  case noLocalOnSharedSubscription
  /// A reason code of another kind of packet. [MQTT 5.0, 2.4]
  case reasonCodeNotAllowed(ReasonCode)
  /// A property has a value outside its range.
  case propertyValueNotAllowed(PropertyIdentifier)
  /// A property of another kind of packet. [MQTT 5.0, 2.2.2.2]
  case propertyNotAllowed(PropertyIdentifier)
  /// A CONNACK refuses and claims a session. [MQTT-3.2.2-6]
  case sessionPresentWithFailure
  /// A 3.1.1 CONNECT has a password and no user name. [MQTT 3.1.1, 3.1.2.9]
  case passwordWithoutUsername
  /// A 3.1.1 CONNECT without client identifier wants to resume. [MQTT 3.1.1, 3.1.3.1]
  case clientIDMissing
  /// AUTH, or authentication data, without a method. [MQTT 5.0, 3.15.2.2.2]
  case authenticationMethodMissing
  /// The packet, or something in it, exists only in MQTT 5.
  case requiresVersion5
  /// Only MQTT 3.1.1 has the flag by which Mosquitto knows a bridge.
  case bridgeFlagInVersion5
  /// A CONNECT for another protocol version than that of the connection.
  case versionMismatch
}
