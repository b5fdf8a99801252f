import DequeModule
import HTTPFront

/// Divides the events of one subscription among its consumers, each event to one at a time.
///
///     (log) ──given──▶ held ──acknowledged──▶ done
///                       │ consumer left
///                       └──▶ returned ──given──▶ held …
///
/// Pure; bounded by what a consumer may hold.
struct SharedDispatch: Sendable {
  /// What one consumer may hold unacknowledged.
  static let heldMax = 256
  /// How many events a consumer is given at a time, so that others get theirs.
  static let givenMax = 32

  enum Work: Equatable {
    /// These events again, which another consumer left.
    case again([Int64])
    /// The next events after this one; nobody else reads until `read` says how far.
    case next(after: Int64, atMost: Int)
  }

  /// Everything up to here was given out or is for nobody.
  private(set) var dispatched: Int64
  /// What was given out and is not done with, in order, and for a while what is done with too.
  private var order: Deque<Int64> = []
  private var holders: [Int64: StreamID] = [:]
  private var returned: [Int64] = []
  private var held: [StreamID: Int] = [:]
  private var isReading = false

  init(after sequence: Int64) { dispatched = sequence }

  /// Everything up to here is acknowledged.
  var floor: Int64 { order.first.map { $0 - 1 } ?? dispatched }
  var heldCount: Int { holders.count }
  /// How many events take memory.
  var rememberedCount: Int { order.count }
  /// Whether some consumer holds as much as it may.
  var isFull: Bool { held.values.contains { $0 >= Self.heldMax } }

  /// What the consumer gets next; nil while there is nothing for it.
  mutating func work(for id: StreamID, atMost count: Int = .max) -> Work? {
    let room = min(Self.givenMax, Self.heldMax - held[id, default: 0], count)
    guard room > 0 else { return nil }
    if !returned.isEmpty {
      let again = Array(returned.prefix(room))
      returned.removeFirst(again.count)
      hold(again, by: id)
      return .again(again)
    }
    guard !isReading else { return nil }
    isReading = true
    return .next(after: dispatched, atMost: room)
  }

  /// The consumer was given these next events, and everything up to `sequence` was looked at.
  mutating func read(_ events: [Int64], through sequence: Int64, by id: StreamID) {
    isReading = false
    dispatched = max(dispatched, sequence)
    order.append(contentsOf: events)
    hold(events, by: id)
  }

  /// Reading failed or came to nothing.
  mutating func readFailed() { isReading = false }

  /// The event is done with; false when nobody holds it.
  mutating func acknowledge(_ sequence: Int64) -> Bool {
    if let id = holders.removeValue(forKey: sequence) {
      held[id, default: 1] -= 1
    } else if let index = returned.firstIndex(of: sequence) {
      returned.remove(at: index)
    } else {
      return false
    }
    while let first = order.first, isDone(first) { order.removeFirst() }
    // One event that nobody acknowledges must not keep all that came later here.
    if order.count > 2 * (holders.count + returned.count) + Self.heldMax {
      order.removeAll(where: isDone)
    }
    return true
  }

  /// Every event that the consumer holds is done with.
  mutating func acknowledgeAll(of id: StreamID) {
    for sequence in holders.filter({ $0.value == id }).keys { _ = acknowledge(sequence) }
  }

  /// What the consumer held goes to others.
  mutating func left(_ id: StreamID) {
    held[id] = nil
    let sequences = holders.filter { $0.value == id }.keys
    for sequence in sequences { holders[sequence] = nil }
    returned = (returned + sequences).sorted()
  }

  private mutating func hold(_ events: [Int64], by id: StreamID) {
    for event in events { holders[event] = id }
    held[id, default: 0] += events.count
  }

  private func isDone(_ sequence: Int64) -> Bool {
    holders[sequence] == nil && !isReturned(sequence)
  }

  /// Few are returned at a time, and they are sorted.
  private func isReturned(_ sequence: Int64) -> Bool {
    guard let first = returned.first, let last = returned.last, sequence >= first,
      sequence <= last
    else { return false }
    return returned.contains(sequence)
  }
}
