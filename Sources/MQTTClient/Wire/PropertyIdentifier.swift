/// The names of the MQTT 5 properties; the raw value is the identifier. [MQTT 5.0, 2.2.2.2]
public enum PropertyIdentifier: UInt8, CaseIterable, Sendable {
  /// Whether a payload is UTF-8 text. [MQTT 5.0, 3.3.2.3.2]
  case payloadFormatIndicator = 0x01
  /// How long a message is worth delivering, in seconds. [MQTT 5.0, 3.3.2.3.3]
  case messageExpiryInterval = 0x02
  /// What a payload is. [MQTT 5.0, 3.3.2.3.9]
  case contentType = 0x03
  /// Where an answer is expected. [MQTT 5.0, 3.3.2.3.5]
  case responseTopic = 0x08
  /// What the answer must carry. [MQTT 5.0, 3.3.2.3.6]
  case correlationData = 0x09
  /// The number of a subscription. [MQTT 5.0, 3.8.2.1.2]
  case subscriptionIdentifier = 0x0B
  /// How long a session outlives its connection, in seconds. [MQTT 5.0, 3.1.2.11.2]
  case sessionExpiryInterval = 0x11
  /// The name that the broker chose. [MQTT 5.0, 3.2.2.3.7]
  case assignedClientIdentifier = 0x12
  /// The keep-alive that the broker wants, in seconds. [MQTT 5.0, 3.2.2.3.14]
  case serverKeepAlive = 0x13
  /// The name of an authentication. [MQTT 5.0, 3.15.2.2.2]
  case authenticationMethod = 0x15
  /// A message of an authentication. [MQTT 5.0, 3.15.2.2.3]
  case authenticationData = 0x16
  /// Whether failures may be explained. [MQTT 5.0, 3.1.2.11.7]
  case requestProblemInformation = 0x17
  /// How long a will waits, in seconds. [MQTT 5.0, 3.1.3.2.2]
  case willDelayInterval = 0x18
  /// Whether the client wants Response Information. [MQTT 5.0, 3.1.2.11.6]
  case requestResponseInformation = 0x19
  /// A base for response topics. [MQTT 5.0, 3.2.2.3.15]
  case responseInformation = 0x1A
  /// Other brokers to use. [MQTT 5.0, 3.2.2.3.16]
  case serverReference = 0x1C
  /// An explanation for people. [MQTT 5.0, 3.2.2.3.9]
  case reasonString = 0x1F
  /// How many messages may be unacknowledged. [MQTT 5.0, 3.1.2.11.3]
  case receiveMaximum = 0x21
  /// The highest topic alias that is accepted. [MQTT 5.0, 3.1.2.11.5]
  case topicAliasMaximum = 0x22
  /// A number in place of a topic. [MQTT 5.0, 3.3.2.3.4]
  case topicAlias = 0x23
  /// The highest QoS that the broker takes. [MQTT 5.0, 3.2.2.3.4]
  case maximumQoS = 0x24
  /// Whether the broker keeps retained messages. [MQTT 5.0, 3.2.2.3.5]
  case retainAvailable = 0x25
  /// A name and a value of the application. [MQTT 5.0, 3.3.2.3.7]
  case userProperty = 0x26
  /// The largest packet that is accepted, in bytes. [MQTT 5.0, 3.1.2.11.4]
  case maximumPacketSize = 0x27
  /// Whether filters may have wildcards. [MQTT 5.0, 3.2.2.3.11]
  case wildcardSubscriptionAvailable = 0x28
  /// Whether subscriptions may have numbers. [MQTT 5.0, 3.2.2.3.12]
  case subscriptionIdentifiersAvailable = 0x29
  /// Whether subscriptions may be shared. [MQTT 5.0, 3.2.2.3.13]
  case sharedSubscriptionAvailable = 0x2A

  /// This identifier as one bit of a set; all raw values are below 64.
  var bit: UInt64 { 1 << UInt64(rawValue) }
}
