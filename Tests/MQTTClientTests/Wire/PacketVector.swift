import MQTTClient
import Testing

/// One packet as bytes and as a value.
struct PacketVector: Sendable, CustomTestStringConvertible {
  let name: String
  let version: ProtocolVersion
  /// Who reads it.
  let role: PacketDecoder.Role
  let bytes: [UInt8]
  let packet: Packet

  init(
    _ name: String, _ version: ProtocolVersion, to role: PacketDecoder.Role, _ notation: String,
    _ packet: Packet
  ) {
    self.name = name
    self.version = version
    self.role = role
    bytes = wire(notation)
    self.packet = packet
  }

  var testDescription: String { "\(version) \(packet.type.name): \(name)" }

  /// The vectors whose bytes are also what the encoder writes.
  static let canonical =
    connect + connectAck + publish + replies + subscribe + subscribeAck + endings
}

/// Bytes that are not a packet which the reader may get.
struct MalformedVector: Sendable, CustomTestStringConvertible {
  let name: String
  let version: ProtocolVersion
  let role: PacketDecoder.Role
  let bytes: [UInt8]
  let error: DecodeError

  init(
    _ name: String, _ version: ProtocolVersion, to role: PacketDecoder.Role, _ notation: String,
    _ error: DecodeError
  ) {
    self.name = name
    self.version = version
    self.role = role
    bytes = wire(notation)
    self.error = error
  }

  var testDescription: String { "\(version): \(name)" }

  static let all = framing + connect + connectAck + publish + replies + subscribe + endings
}

extension PacketDecoder {
  /// A decoder that is ready for packets of this version; a server has read a CONNECT before.
  ///
  /// It is fresh when it reads a CONNECT itself.
  init(_ role: Role, _ version: ProtocolVersion, for bytes: [UInt8] = []) {
    switch role {
    case .client: self.init(version: version)
    case .server:
      self.init(serverWithMaximumPacketSize: PacketDecoder.largestPacketSize)
      if bytes.first.map({ $0 >> 4 }) == 1 { return }
      append(wire(version == .v5 ? "10 ['MQTT' 05 02 0000 [] '']" : "10 ['MQTT' 04 02 0000 '']"))
      _ = try? next()
    }
  }
}

extension Connect.Properties {
  init(_ change: (inout Self) -> Void) {
    self.init()
    change(&self)
  }
}

extension ConnectAck.Properties {
  init(_ change: (inout Self) -> Void) {
    self.init()
    change(&self)
  }
}

extension Publish.Properties {
  init(_ change: (inout Self) -> Void) {
    self.init()
    change(&self)
  }
}
