import MQTTClient
import TestSupport

/// The broker's end of one connection, played by a test step by step.
final class BrokerPeer {
  let socket: LoopbackSocket
  private var decoder = PacketDecoder(serverWithMaximumPacketSize: 1 << 28)
  private var version = ProtocolVersion.v5

  init(_ socket: LoopbackSocket) {
    self.socket = socket
  }

  /// The next connection, up to an accepted CONNECT.
  static func accepted(
    by listener: LoopbackListener, sessionPresent: Bool = false,
    properties: ConnectAck.Properties = ConnectAck.Properties()
  ) throws -> BrokerPeer {
    let peer = BrokerPeer(try listener.accept())
    guard case .connect = try peer.next() else { throw TestFailure("no CONNECT came first") }
    let ack = ConnectAck(
      sessionPresent: sessionPresent, reasonCode: .success, properties: properties)
    try peer.send(.connectAck(ack))
    return peer
  }

  /// The next packet, or an error when the connection ends or nothing comes in time.
  func next(within limit: Duration = .seconds(20)) throws -> Packet {
    guard let packet = try nextIfAny(within: limit) else {
      throw TestFailure("the client closed the connection")
    }
    return packet
  }

  /// The next packet, or nil when the client has closed the connection.
  func nextIfAny(within limit: Duration = .seconds(20)) throws -> Packet? {
    let deadline = Deadline(after: limit)
    while true {
      if let packet = try decoder.next() {
        if case .connect(let connect) = packet { version = connect.version }
        return packet
      }
      guard let bytes = try socket.receive(until: deadline) else {
        throw TestFailure("the client sent nothing in time")
      }
      if bytes.isEmpty { return nil }
      decoder.append(bytes)
    }
  }

  func nextPublish() throws -> Publish {
    guard case .publish(let publish) = try next() else { throw TestFailure("no PUBLISH") }
    return publish
  }

  func send(_ packet: Packet) throws { try socket.send(encoded(packet)) }

  func encoded(_ packet: Packet) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try PacketEncoder.encode(packet, version: version, into: &bytes)
    return bytes
  }
}
