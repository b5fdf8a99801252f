import DequeModule

/// Acknowledgements that must leave in the order in which their messages came.
///
/// A position is counted from the first message of the session on and never used again, so an old
/// one is recognised.
struct AckLane {
  private struct Owed {
    let packetID: PacketID
    var reply: DeliveryReply?
  }

  private var first: UInt64 = 0
  private var owed = Deque<Owed>()

  var count: Int { owed.count }

  /// Returns the position of the new acknowledgement.
  mutating func append(_ id: PacketID) -> UInt64 {
    owed.append(Owed(packetID: id))
    return first &+ UInt64(owed.count - 1)
  }

  /// Decides one acknowledgement; false if the position is unknown or was decided before.
  @discardableResult
  mutating func settle(_ position: UInt64, _ reply: DeliveryReply) -> Bool {
    guard position >= first, position - first < UInt64(owed.count) else { return false }
    let index = Int(position - first)
    guard owed[index].reply == nil else { return false }
    owed[index].reply = reply
    return true
  }

  /// The next acknowledgement that may leave.
  mutating func popSettled() -> (id: PacketID, position: UInt64, reply: DeliveryReply)? {
    guard let head = owed.first, let reply = head.reply else { return nil }
    owed.removeFirst()
    first &+= 1
    return (head.packetID, first &- 1, reply)
  }

  mutating func removeAll() {
    first &+= UInt64(owed.count)
    owed.removeAll(keepingCapacity: true)
  }
}
