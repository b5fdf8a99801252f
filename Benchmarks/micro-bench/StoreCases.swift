import EventLoop
import Store
import TestSupport

/// The database: what goes through the outbox, into the event log, and out of it.
let storeCases = [
  MicroCase("outbox-row") { count in
    try OpenStore().fill(outbox: count)
  },
  MicroCase("log-event") { count in
    try OpenStore().fill(log: count)
  },
  MicroCase("read-event") { count in
    let open = try OpenStore()
    try open.fill(log: 1000)
    try open.read(count)
  },
]

/// A store in a temporary directory, which is asked for a hundred things at a time.
private final class OpenStore {
  private static let step = 100
  private let directory: TemporaryDirectory
  private let store: Store
  private let events: Mailbox<StoreEvent>
  private var received: [StoreEvent] = []
  private let body = [UInt8](repeating: UInt8(ascii: "x"), count: 160)

  init() throws {
    directory = try TemporaryDirectory()
    let events = try Mailbox<StoreEvent>(capacity: 1)
    self.events = events
    store = try Store.open(StoreOptions(directory: directory.path)) { events.sendReserved($0) }
  }

  deinit { store.close() }

  /// Stores so many publishes and removes them again.
  func fill(outbox count: Int) throws {
    for start in stride(from: 0, to: count, by: Self.step) {
      let items = (start..<start + Self.step).map { number in
        OutboxItem(id: ItemID(UInt128(number + 1)), body: body)
      }
      try expect(store.append(contentsOf: items) == .accepted, "the store refused items")
      var sequences: [Int64] = []
      try wait { event in
        if case .stored(let items) = event { sequences += items.map(\.sequence) }
        return sequences.count == Self.step
      }
      for sequence in sequences { store.finish(sequence: sequence, outcome: Outcome(code: 1)) }
      var finished = 0
      try wait { event in
        if case .finished(let sequences) = event { finished += sequences.count }
        return finished == Self.step
      }
    }
  }

  /// Logs so many events.
  func fill(log count: Int) throws {
    for _ in stride(from: 0, to: count, by: Self.step) {
      store.log(
        (0..<Self.step).map { EventItem(topic: "factory/line\($0)/t", kind: 0, body: body) })
      var logged = 0
      try wait { event in
        if case .logged(let events) = event { logged += events.count }
        return logged == Self.step
      }
    }
  }

  /// Reads so many events, hundred on a page.
  func read(_ count: Int) throws {
    let pages = try Mailbox<Int>(capacity: 1)
    for _ in stride(from: 0, to: count, by: Self.step) {
      let isAsked = store.read { reader in
        var bytes = 0
        _ = try? reader.scan(after: 0, through: .max, rowsMax: Self.step) { row in
          bytes += row.topic.utf8.count + row.body().count
          return true
        }
        pages.sendReserved(bytes)
      }
      try expect(isAsked, "the store refused a read")
      pages.wait()
      var sizes: [Int] = []
      _ = pages.receive(into: &sizes)
      try expect(sizes.first ?? 0 > Self.step * body.count, "a page of \(sizes) bytes")
    }
  }

  /// Looks at the events of the store until one was the last that is waited for.
  private func wait(_ isLast: (StoreEvent) -> Bool) throws {
    while true {
      received.removeAll(keepingCapacity: true)
      events.wait(atMost: .seconds(120))
      try expect(events.receive(into: &received), "the store is closed")
      try expect(!received.isEmpty, "the store says nothing")
      var isOver = false
      for event in received where isLast(event) { isOver = true }
      if isOver { return }
    }
  }
}
