import HeapModule

/// What shall be done at which time, the earliest first; on the link's thread.
struct DeadlineQueue: ~Copyable {
  typealias Task = () -> Void

  private struct Entry: Comparable {
    let deadline: Duration
    let order: UInt64
    let isNeeded: () -> Bool
    let task: Task

    static func == (a: Self, b: Self) -> Bool { a.order == b.order }
    static func < (a: Self, b: Self) -> Bool {
      a.deadline == b.deadline ? a.order < b.order : a.deadline < b.deadline
    }
  }

  private var heap = Heap<Entry>()
  private var lastOrder: UInt64 = 0
  /// The next size at which entries that nobody needs any more are thrown out.
  private var sweepSize = 1024

  var nextDeadline: Duration? { heap.min?.deadline }

  /// Plans a task, which is left out once `isNeeded` says no.
  mutating func add(
    at deadline: Duration, isNeeded: @escaping () -> Bool = { true }, _ task: @escaping Task
  ) {
    lastOrder += 1
    heap.insert(Entry(deadline: deadline, order: lastOrder, isNeeded: isNeeded, task: task))
    guard heap.count > sweepSize else { return }
    heap = Heap(heap.unordered.filter { $0.isNeeded() })
    sweepSize = max(1024, heap.count * 2)
  }

  /// The task whose time has come.
  mutating func popDue(at now: Duration) -> Task? {
    while let first = heap.min, first.deadline <= now {
      heap.removeMin()
      if first.isNeeded() { return first.task }
    }
    return nil
  }
}
