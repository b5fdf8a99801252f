/// A QoS 1 or QoS 2 publish that owns its packet identifier.
struct PublishEntry {
  enum Stage: Equatable {
    /// Must be sent, or sent again, on this link.
    case sending
    case awaitingAck
    case awaitingReceived
    /// PUBREC came; the application has not recorded it.
    case recording
    /// PUBREC came and is recorded; PUBREL waits for older ones.
    case recorded
    case awaitingComplete
  }

  let key: UInt64
  let packetID: PacketID
  var publish: Publish
  /// When the request came, from which the message expiry runs.
  let acceptedAt: Duration
  /// That of the request among all accepted ones.
  let number: UInt64
  let hasDeadline: Bool
  /// Grows in the order of the first PUBLISH.
  let sequence: UInt64
  var stage = Stage.sending
  /// When the packet that is unanswered now was given to the link.
  var sentAt = Duration.zero
  /// The broker may have seen PUBLISH in the session it has now.
  var wasSent = false
  var isReported = false
  /// An earlier session of the broker may have seen it, too.
  var isUncertain = false
  /// Set when the message cannot be sent again, and only its exchange has to be closed.
  var obstacle: PublishObstacle?
  /// Set when the message must not be sent again.
  var verdict: PublishObstacle?
  /// How many links in a row ended over it.
  var strikes = 0
  /// It begins again, and the application has not recorded that yet.
  var awaitsRestart = false
  /// The application was told an outcome; what is left is to finish the exchange.
  var isAnswered = false

  /// What stands in a slot that is free.
  static let vacant = PublishEntry(
    key: 0, packetID: 0, publish: Publish(topic: "", payload: []), acceptedAt: .zero, number: 0,
    hasDeadline: false, sequence: 0)

  /// How it ends over an obstacle.
  func outcome(of obstacle: PublishObstacle) -> PublishOutcome {
    wasSent || isUncertain ? .maybeSent(obstacle) : PublishOutcome(neverSent: obstacle)
  }
}

/// The publishes that own a packet identifier, found by it in constant time.
struct PublishTable: ~Copyable {
  /// A free slot has the packet identifier zero.
  private var entries: [PublishEntry] = []
  private var free: [Int32] = []
  /// The slot plus one for each packet identifier up to the largest one used; zero is none.
  private var slotPlusOne: [UInt16] = []
  var links = SlotLinks()

  var count: Int { entries.count - free.count }

  subscript(slot: Int32) -> PublishEntry {
    _read {
      precondition(entries[Int(slot)].packetID != 0, "slot \(slot) is empty")
      yield entries[Int(slot)]
    }
    _modify {
      precondition(entries[Int(slot)].packetID != 0, "slot \(slot) is empty")
      yield &entries[Int(slot)]
    }
  }

  func slot(of id: PacketID) -> Int32? {
    guard Int(id) < slotPlusOne.count, slotPlusOne[Int(id)] != 0 else { return nil }
    return Int32(slotPlusOne[Int(id)]) - 1
  }

  /// Looks at every entry.
  func slot(ofKey key: UInt64) -> Int32? {
    entries.firstIndex { $0.key == key && $0.packetID != 0 }.map(Int32.init)
  }

  mutating func insert(_ entry: PublishEntry) -> Int32 {
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      entries[Int(slot)] = entry
    } else {
      slot = links.grow()
      entries.append(entry)
    }
    let id = Int(entry.packetID)
    if id >= slotPlusOne.count {
      slotPlusOne.append(contentsOf: repeatElement(0, count: id + 1 - slotPlusOne.count))
    }
    slotPlusOne[id] = UInt16(slot + 1)
    return slot
  }

  /// The slot must be in no list any more.
  mutating func remove(_ slot: Int32) {
    slotPlusOne[Int(self[slot].packetID)] = 0
    entries[Int(slot)] = .vacant
    free.append(slot)
  }

  /// Every slot in use, in the order of the first PUBLISH.
  func slotsInOrder() -> [Int32] {
    var slots: [Int32] = []
    for (index, entry) in entries.enumerated() where entry.packetID != 0 {
      slots.append(Int32(index))
    }
    return slots.sorted { entries[Int($0)].sequence < entries[Int($1)].sequence }
  }
}
