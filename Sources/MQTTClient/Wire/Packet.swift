/// Bytes from or for the wire; a slice shares the storage of the buffer it was read into.
public typealias Bytes = ArraySlice<UInt8>

/// Identifies one packet exchange; zero is never a packet identifier. [MQTT 5.0, 2.2.1]
public typealias PacketID = UInt16

/// One MQTT control packet, of either protocol version. [MQTT 5.0, 2.1.2]
///
/// Fields that only MQTT 5 has stay at their default values in a 3.1.1 packet. The large packets
/// that come once per connection are stored apart, so that the frequent ones are cheap to move.
public enum Packet: Equatable, Sendable {
  indirect case connect(Connect)
  indirect case connectAck(ConnectAck)
  case publish(Publish)
  case publishAck(PublishReply)
  case publishReceived(PublishReply)
  case publishRelease(PublishReply)
  case publishComplete(PublishReply)
  case subscribe(Subscribe)
  case subscribeAck(SubscribeAck)
  case unsubscribe(Unsubscribe)
  case unsubscribeAck(UnsubscribeAck)
  case pingRequest
  case pingResponse
  case disconnect(Disconnect)
  case auth(Auth)
}
