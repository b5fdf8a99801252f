/// What became of a request, as one byte; 0x80 and above are failures. [MQTT 5.0, 2.4]
///
/// Any byte can be held, so that a code this list does not know yet can still be reported; the
/// decoders refuse the ones that a packet may not carry.
public struct ReasonCode: RawRepresentable, Equatable, Hashable, Sendable {
  /// The byte on the wire.
  public let rawValue: UInt8

  /// Holds any byte, known or not.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Whether the code means that the request failed. [MQTT 5.0, 2.4]
  public var isFailure: Bool { rawValue >= 0x80 }

  /// Success; also "normal disconnection" and "granted QoS 0" (0x00).
  public static let success = Self(rawValue: 0x00)
  /// The subscription is granted with QoS 1 at most (0x01).
  public static let grantedQoS1 = Self(rawValue: 0x01)
  /// The subscription is granted with QoS 2 (0x02).
  public static let grantedQoS2 = Self(rawValue: 0x02)
  /// The client leaves and wants its will to be published (0x04).
  public static let disconnectWithWill = Self(rawValue: 0x04)
  /// The message was taken, but nobody subscribes to its topic (0x10).
  public static let noMatchingSubscribers = Self(rawValue: 0x10)
  /// There was no such subscription to end (0x11).
  public static let noSubscriptionExisted = Self(rawValue: 0x11)
  /// The authentication goes on with another step (0x18).
  public static let continueAuthentication = Self(rawValue: 0x18)
  /// The client begins a new authentication (0x19).
  public static let reauthenticate = Self(rawValue: 0x19)
  /// A failure without a better name (0x80).
  public static let unspecifiedError = Self(rawValue: 0x80)
  /// The peer cannot parse the packet (0x81).
  public static let malformedPacket = Self(rawValue: 0x81)
  /// The packet is out of place, or says something forbidden (0x82).
  public static let protocolError = Self(rawValue: 0x82)
  /// The peer cannot do this, for reasons of its own (0x83).
  public static let implementationSpecificError = Self(rawValue: 0x83)
  /// The broker does not speak this version of MQTT (0x84).
  public static let unsupportedProtocolVersion = Self(rawValue: 0x84)
  /// The broker does not take this client identifier (0x85).
  public static let clientIdentifierNotValid = Self(rawValue: 0x85)
  /// The broker does not take this user name or password (0x86).
  public static let badUsernameOrPassword = Self(rawValue: 0x86)
  /// The client may not do this (0x87).
  public static let notAuthorized = Self(rawValue: 0x87)
  /// The broker is not available (0x88).
  public static let serverUnavailable = Self(rawValue: 0x88)
  /// The broker is busy; later it may work (0x89).
  public static let serverBusy = Self(rawValue: 0x89)
  /// The client is banned by an administrator (0x8A).
  public static let banned = Self(rawValue: 0x8A)
  /// The broker is shutting down (0x8B).
  public static let serverShuttingDown = Self(rawValue: 0x8B)
  /// The broker does not know this authentication method, or not this one now (0x8C).
  public static let badAuthenticationMethod = Self(rawValue: 0x8C)
  /// Nothing came from the client for one and a half keep-alives (0x8D).
  public static let keepAliveTimeout = Self(rawValue: 0x8D)
  /// Another connection uses this client identifier now (0x8E).
  public static let sessionTakenOver = Self(rawValue: 0x8E)
  /// The filter is well-formed, but not accepted here (0x8F).
  public static let topicFilterInvalid = Self(rawValue: 0x8F)
  /// The topic is well-formed, but not accepted here (0x90).
  public static let topicNameInvalid = Self(rawValue: 0x90)
  /// The packet identifier is in use already (0x91).
  public static let packetIdentifierInUse = Self(rawValue: 0x91)
  /// No exchange has this packet identifier (0x92).
  public static let packetIdentifierNotFound = Self(rawValue: 0x92)
  /// More messages came unacknowledged than Receive Maximum allows (0x93).
  public static let receiveMaximumExceeded = Self(rawValue: 0x93)
  /// The topic alias is zero or above the maximum (0x94).
  public static let topicAliasInvalid = Self(rawValue: 0x94)
  /// The packet is larger than Maximum Packet Size allows (0x95).
  public static let packetTooLarge = Self(rawValue: 0x95)
  /// Messages come too fast (0x96).
  public static let messageRateTooHigh = Self(rawValue: 0x96)
  /// A limit of the implementation or an administrator is reached (0x97).
  public static let quotaExceeded = Self(rawValue: 0x97)
  /// An administrator ended the connection (0x98).
  public static let administrativeAction = Self(rawValue: 0x98)
  /// The payload is not what its format indicator says (0x99).
  public static let payloadFormatInvalid = Self(rawValue: 0x99)
  /// The broker keeps no retained messages (0x9A).
  public static let retainNotSupported = Self(rawValue: 0x9A)
  /// The broker does not take this QoS (0x9B).
  public static let qosNotSupported = Self(rawValue: 0x9B)
  /// For now, use the broker that Server Reference names (0x9C).
  public static let useAnotherServer = Self(rawValue: 0x9C)
  /// From now on, use the broker that Server Reference names (0x9D).
  public static let serverMoved = Self(rawValue: 0x9D)
  /// The broker has no shared subscriptions (0x9E).
  public static let sharedSubscriptionsNotSupported = Self(rawValue: 0x9E)
  /// Connections come too fast (0x9F).
  public static let connectionRateExceeded = Self(rawValue: 0x9F)
  /// The connection has lasted as long as this client may (0xA0).
  public static let maximumConnectTime = Self(rawValue: 0xA0)
  /// The broker has no subscription identifiers (0xA1).
  public static let subscriptionIdentifiersNotSupported = Self(rawValue: 0xA1)
  /// The broker takes no wildcards in filters (0xA2).
  public static let wildcardSubscriptionsNotSupported = Self(rawValue: 0xA2)
}
