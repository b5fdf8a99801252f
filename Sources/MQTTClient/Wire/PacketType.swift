/// The kinds of control packets; the raw value is the upper half of the first byte.
/// [MQTT 5.0, 2.1.2]
public enum PacketType: UInt8, CaseIterable, Sendable {
  /// The client's request for a connection. [MQTT 5.0, 3.1]
  case connect = 1
  /// The broker's answer to CONNECT. [MQTT 5.0, 3.2]
  case connectAck = 2
  /// A message, in either direction. [MQTT 5.0, 3.3]
  case publish = 3
  /// The answer to a QoS 1 message. [MQTT 5.0, 3.4]
  case publishAck = 4
  /// The first answer to a QoS 2 message. [MQTT 5.0, 3.5]
  case publishReceived = 5
  /// The sender's answer to PUBREC. [MQTT 5.0, 3.6]
  case publishRelease = 6
  /// The end of a QoS 2 message. [MQTT 5.0, 3.7]
  case publishComplete = 7
  /// The client's request for messages. [MQTT 5.0, 3.8]
  case subscribe = 8
  /// The broker's answer to SUBSCRIBE. [MQTT 5.0, 3.9]
  case subscribeAck = 9
  /// The client's end of subscriptions. [MQTT 5.0, 3.10]
  case unsubscribe = 10
  /// The broker's answer to UNSUBSCRIBE. [MQTT 5.0, 3.11]
  case unsubscribeAck = 11
  /// The client's question whether the broker is there. [MQTT 5.0, 3.12]
  case pingRequest = 12
  /// The broker's answer to PINGREQ. [MQTT 5.0, 3.13]
  case pingResponse = 13
  /// The last packet of a connection. [MQTT 5.0, 3.14]
  case disconnect = 14
  /// One step of enhanced authentication; MQTT 5 only. [MQTT 5.0, 3.15]
  case auth = 15

  /// The specification's name, as logs show it.
  public var name: String {
    switch self {
    case .connect: "CONNECT"
    case .connectAck: "CONNACK"
    case .publish: "PUBLISH"
    case .publishAck: "PUBACK"
    case .publishReceived: "PUBREC"
    case .publishRelease: "PUBREL"
    case .publishComplete: "PUBCOMP"
    case .subscribe: "SUBSCRIBE"
    case .subscribeAck: "SUBACK"
    case .unsubscribe: "UNSUBSCRIBE"
    case .unsubscribeAck: "UNSUBACK"
    case .pingRequest: "PINGREQ"
    case .pingResponse: "PINGRESP"
    case .disconnect: "DISCONNECT"
    case .auth: "AUTH"
    }
  }

  /// The only lower half of the first byte that the type allows; PUBLISH keeps its flags there.
  /// [MQTT-2.1.3-1]
  var fixedFlags: UInt8? {
    switch self {
    case .publish: nil
    case .publishRelease, .subscribe, .unsubscribe: 0b0010
    case .connect, .connectAck, .publishAck, .publishReceived, .publishComplete, .subscribeAck,
      .unsubscribeAck, .pingRequest, .pingResponse, .disconnect, .auth:
      0
    }
  }
}

extension Packet {
  /// The kind of this packet.
  public var type: PacketType {
    switch self {
    case .connect: .connect
    case .connectAck: .connectAck
    case .publish: .publish
    case .publishAck: .publishAck
    case .publishReceived: .publishReceived
    case .publishRelease: .publishRelease
    case .publishComplete: .publishComplete
    case .subscribe: .subscribe
    case .subscribeAck: .subscribeAck
    case .unsubscribe: .unsubscribe
    case .unsubscribeAck: .unsubscribeAck
    case .pingRequest: .pingRequest
    case .pingResponse: .pingResponse
    case .disconnect: .disconnect
    case .auth: .auth
    }
  }
}
