/// How many packets of each type went one way, and how long they were together.
public struct PacketCounts: Sendable {
  private var counts: [16 of UInt64] = .init(repeating: 0)
  private var lengths: [16 of UInt64] = .init(repeating: 0)
  /// All packets.
  public private(set) var total: UInt64 = 0
  /// The bytes of all packets, each with its fixed header; what TLS, WebSocket and TCP add is not in
  /// it.
  public private(set) var totalBytes: UInt64 = 0

  /// Counts of nothing.
  public init() {}

  /// The packets of one type.
  public subscript(type: PacketType) -> UInt64 { counts[Int(type.rawValue)] }

  /// The bytes of the packets of one type.
  public func bytes(of type: PacketType) -> UInt64 { lengths[Int(type.rawValue)] }

  mutating func add(_ type: PacketType, bytes: Int) {
    let index = Int(type.rawValue)
    counts[index] &+= 1
    lengths[index] &+= UInt64(bytes)
    total &+= 1
    totalBytes &+= UInt64(bytes)
  }
}

/// How many messages had each quality of service.
public struct QoSCounts: Sendable {
  private var counts: [3 of UInt64] = .init(repeating: 0)

  /// Counts of nothing.
  public init() {}

  /// The messages of one quality of service.
  public subscript(qos: QoS) -> UInt64 { counts[Int(qos.rawValue)] }

  /// All messages.
  public var total: UInt64 { counts[0] &+ counts[1] &+ counts[2] }

  mutating func add(_ qos: QoS) { counts[Int(qos.rawValue)] &+= 1 }
}
