import DequeModule

/// The frames that streams of one thread still have to write, in the order they arrived.
///
/// Bounded by bytes: what is over makes the oldest frames go, and the streams that still needed
/// them see a gap. A frame also goes when no group holds it any more.
struct FrameLog {
  private struct Slot {
    var frame: Frame?
    var holders = 0
    var cost: Int
  }

  /// What a frame takes beside its bytes, so that tiny ones are bounded too.
  static let slotCost = 128
  private static let holderCost = 16

  let bytesMax: Int
  private(set) var byteCount = 0
  private var slots: Deque<Slot> = []
  /// The position of the oldest frame; what is before it is gone.
  private(set) var oldest: UInt64 = 0

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Adds a frame that nobody holds yet, and returns its position.
  ///
  /// Even a frame larger than the log is kept until the next one comes.
  mutating func append(_ frame: Frame) -> UInt64 {
    let cost = frame.count + Self.slotCost
    while byteCount + cost > bytesMax, let evicted = slots.popFirst() {
      if evicted.frame != nil { byteCount -= evicted.cost }
      oldest += 1
    }
    slots.append(Slot(frame: frame, cost: cost))
    byteCount += cost
    return oldest + UInt64(slots.count) - 1
  }

  /// One more group has this frame before it.
  mutating func hold(_ position: UInt64) {
    guard let index = index(of: position) else { return }
    slots[index].holders += 1
    slots[index].cost += Self.holderCost
    byteCount += Self.holderCost
  }

  /// One group has it behind; the last one lets the frame go.
  mutating func release(_ position: UInt64) {
    guard let index = index(of: position) else { return }
    slots[index].holders -= 1
    guard slots[index].holders <= 0 else { return }
    slots[index].frame = nil
    byteCount -= slots[index].cost
    while let first = slots.first, first.frame == nil {
      slots.removeFirst()
      oldest += 1
    }
  }

  /// The frame, unless it is gone.
  func frame(at position: UInt64) -> Frame? {
    index(of: position).flatMap { slots[$0].frame }
  }

  private func index(of position: UInt64) -> Int? {
    guard position >= oldest, position - oldest < UInt64(slots.count) else { return nil }
    return Int(position - oldest)
  }
}
