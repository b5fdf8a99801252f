/// The kinds of control packets; the raw value is the upper half of the first byte.
/// [MQTT 5.0, 2.1.2]
public enum PacketType: UInt8, CaseIterable, Sendable {
  case connect = 1
  case connectAck = 2
  case publish = 3
  case publishAck = 4
  case publishReceived = 5
  case publishRelease = 6
  case publishComplete = 7
  case subscribe = 8
  case subscribeAck = 9
  case unsubscribe = 10
  case unsubscribeAck = 11
  case pingRequest = 12
  case pingResponse = 13
  case disconnect = 14
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
