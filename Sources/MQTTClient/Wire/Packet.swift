/// Bytes from or for the wire; a slice shares the storage of the buffer it was read into.
public typealias Bytes = ArraySlice<UInt8>

/// Identifies one packet exchange; zero is never a packet identifier. [MQTT 5.0, 2.2.1]
public typealias PacketID = UInt16

/// One MQTT control packet, of either protocol version. [MQTT 5.0, 2.1.2]
///
/// Fields that only MQTT 5 has stay at their default values in a 3.1.1 packet. The large packets
/// that come once per connection are stored apart, so that the frequent ones are cheap to move.
public enum Packet: Equatable, Sendable {
  /// CONNECT, from the client.
  indirect case connect(Connect)
  /// CONNACK, from the broker.
  indirect case connectAck(ConnectAck)
  /// PUBLISH, from either side.
  case publish(Publish)
  /// PUBACK, from the receiver of a QoS 1 message.
  case publishAck(PublishReply)
  /// PUBREC, from the receiver of a QoS 2 message.
  case publishReceived(PublishReply)
  /// PUBREL, from the sender of a QoS 2 message.
  case publishRelease(PublishReply)
  /// PUBCOMP, from the receiver of a QoS 2 message.
  case publishComplete(PublishReply)
  /// SUBSCRIBE, from the client.
  case subscribe(Subscribe)
  /// SUBACK, from the broker.
  case subscribeAck(SubscribeAck)
  /// UNSUBSCRIBE, from the client.
  case unsubscribe(Unsubscribe)
  /// UNSUBACK, from the broker.
  case unsubscribeAck(UnsubscribeAck)
  /// PINGREQ, from the client.
  case pingRequest
  /// PINGRESP, from the broker.
  case pingResponse
  /// DISCONNECT, from the client, and in MQTT 5 from either side.
  indirect case disconnect(Disconnect)
  /// AUTH, from either side; MQTT 5 only.
  indirect case auth(Auth)
}
