public import MQTTClient

/// One thing that a scripted broker does, on the connection that a packet came by unless it says so.
public enum BrokerReaction: Equatable, Sendable {
  /// Sends a packet, encoded for the protocol version of the connection.
  case send(Packet)
  /// Sends bytes as they are, whether they are MQTT or not.
  case sendBytes([UInt8])
  /// Hands a message to every client with a matching subscription, as a broker does.
  case route(Publish)
  /// Treats the packet as a well-behaved broker would.
  case behave
  /// Leaves what the client sends in its socket from now on, until `.resumeReading`.
  case stopReading
  /// Reads again.
  case resumeReading
  /// Closes the connection once everything before has been sent.
  case close
  /// Cuts the connection with a TCP reset, and forgets what has not been sent.
  case reset
}

/// A packet that reached a scripted broker.
public struct ReceivedPacket: Equatable, Sendable {
  /// Which connection it came by: 1 for the first one that the broker accepted.
  public let connection: Int
  /// How many packets came by this connection before.
  public let index: Int
  /// What came.
  public let packet: Packet

  /// The kind of packet.
  public var type: PacketType { packet.type }
}
