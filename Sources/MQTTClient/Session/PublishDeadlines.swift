import HeapModule

/// When waiting and unacknowledged publishes run out of time, the earliest first.
///
/// What has ended in the meantime stays until its time comes, or until the ended ones are the
/// majority; so the memory is bounded by the living, and each costs the same on average.
struct PublishDeadlines: ~Copyable {
  struct Entry: Comparable {
    enum Kind { case deadline, expiry }

    let time: Duration
    let key: UInt64
    let number: UInt64
    let kind: Kind

    static func < (a: Entry, b: Entry) -> Bool { (a.time, a.number) < (b.time, b.number) }
  }

  private var heap = Heap<Entry>()

  var next: Duration? { heap.min?.time }
  var count: Int { heap.count }

  mutating func add(_ entry: Entry) { heap.insert(entry) }

  /// The earliest one that is due.
  mutating func popDue(at now: Duration) -> Entry? {
    guard let next, next <= now else { return nil }
    return heap.popMin()
  }

  /// Whether most of what is here has ended, if so many publishes may still run out of time.
  func isMostlyOver(living: Int) -> Bool { heap.count > 64 + 4 * living }

  mutating func removeAll(where isOver: (Entry) -> Bool) {
    heap = Heap(heap.unordered.filter { !isOver($0) })
  }

  mutating func removeAll() { heap = Heap() }
}
