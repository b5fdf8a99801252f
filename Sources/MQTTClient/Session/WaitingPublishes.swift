/// The publishes that wait for their turn: in lanes that take turns by weight, and in one order of
/// acceptance.
///
/// Within a lane the order of acceptance holds, but QoS 0, which needs no room in the window, passes
/// the others while the window is full. Everything costs the same for any number of publishes.
struct WaitingPublishes: ~Copyable {
  struct Entry {
    let request: PublishRequest
    /// From which the message expiry runs.
    let acceptedAt: Duration
    /// Grows with each accepted publish.
    let number: UInt64
    let lane: Int
    var bytes = 0
    /// The application was told an outcome; what is left is to finish the exchange.
    var isAnswered = false

    /// The broker cannot have seen it, or would not know it again.
    var canBeDropped: Bool { request.progress == .new || request.publish.qos == .atMostOnce }

    /// How it ends over an obstacle.
    func outcome(of obstacle: PublishObstacle) -> PublishOutcome {
      guard request.progress == .new else { return .maybeSent(obstacle) }
      return PublishOutcome(neverSent: obstacle)
    }
  }

  private struct Lane {
    let weight: Int
    var once = SlotList()
    var acknowledged = SlotList()
  }

  private var entries: [Entry?] = []
  private var free: [Int32] = []
  /// Where the keys are, from the first question for one until nothing waits.
  private var slots: [UInt64: Int32]?
  private var order = SlotList()
  private var orderLinks = SlotLinks()
  private var laneLinks = SlotLinks()
  private var lanes: [Lane]
  private var turn = 0
  private var turnsLeft: Int
  private var onceCount = 0
  private(set) var bytes = 0

  init(weights: [Int]) {
    lanes = [Lane(weight: 1)] + weights.map { Lane(weight: max(1, $0)) }
    turnsLeft = 1
  }

  var count: Int { order.count }
  var isEmpty: Bool { order.isEmpty }
  var first: Int32? { order.first }

  subscript(slot: Int32) -> Entry {
    get {
      guard let entry = entries[Int(slot)] else { preconditionFailure("slot \(slot) is empty") }
      return entry
    }
  }

  func slot(after slot: Int32) -> Int32? { orderLinks.slot(after: slot) }

  /// Costs a look at everything that waits once, and then a look into a table, which most users never
  /// need.
  mutating func slot(of key: UInt64) -> Int32? {
    if let slots { return slots[key] }
    var found: [UInt64: Int32] = [:]
    var next = first
    while let slot = next {
      found[self[slot].request.key] = slot
      next = self.slot(after: slot)
    }
    slots = found
    return found[key]
  }

  /// A lane that exists.
  func lane(_ wish: Int) -> Int { lanes.indices.contains(wish) ? wish : 0 }

  mutating func append(_ entry: Entry) {
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      entries[Int(slot)] = entry
    } else {
      slot = orderLinks.grow()
      _ = laneLinks.grow()
      entries.append(entry)
    }
    slots?[entry.request.key] = slot
    bytes += entry.bytes
    orderLinks.append(slot, to: &order)
    if entry.request.publish.qos == .atMostOnce {
      onceCount += 1
      laneLinks.append(slot, to: &lanes[entry.lane].once)
    } else {
      laneLinks.append(slot, to: &lanes[entry.lane].acknowledged)
    }
  }

  mutating func markAnswered(_ slot: Int32) { entries[Int(slot)]?.isAnswered = true }

  @discardableResult
  mutating func remove(_ slot: Int32) -> Entry {
    let entry = self[slot]
    entries[Int(slot)] = nil
    free.append(slot)
    if let known = slots?[entry.request.key], known == slot { slots?[entry.request.key] = nil }
    bytes -= entry.bytes
    orderLinks.remove(slot, from: &order)
    if order.isEmpty { slots = nil }
    if entry.request.publish.qos == .atMostOnce {
      onceCount -= 1
      laneLinks.remove(slot, from: &lanes[entry.lane].once)
    } else {
      laneLinks.remove(slot, from: &lanes[entry.lane].acknowledged)
    }
    return entry
  }

  mutating func popFirst() -> Entry? { first.map { remove($0) } }

  /// The next of the lane whose turn it is; without room only QoS 0.
  mutating func next(hasRoom: Bool) -> Int32? {
    guard hasRoom ? !isEmpty : onceCount > 0 else { return nil }
    for _ in 0...lanes.count {
      if turnsLeft > 0, let slot = head(of: lanes[turn], hasRoom: hasRoom) { return slot }
      turn = turn + 1 < lanes.count ? turn + 1 : 0
      turnsLeft = lanes[turn].weight
    }
    return nil
  }

  private func head(of lane: Lane, hasRoom: Bool) -> Int32? {
    guard hasRoom, let acknowledged = lane.acknowledged.first else { return lane.once.first }
    guard let once = lane.once.first else { return acknowledged }
    return self[once].number < self[acknowledged].number ? once : acknowledged
  }

  /// Takes what `next` said out, which uses up its lane's turn.
  mutating func take(_ slot: Int32) -> Entry {
    turnsLeft -= 1
    return remove(slot)
  }

  /// Takes every QoS 0 message out, in the order of lanes.
  mutating func popOnce() -> Entry? {
    guard onceCount > 0 else { return nil }
    for lane in lanes {
      if let slot = lane.once.first { return remove(slot) }
    }
    return nil
  }
}
