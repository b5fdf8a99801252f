import EventLoop
import Testing

@testable import Store

/// An event as a scan showed it.
struct ReadEvent: Sendable, Equatable {
  let place: LoggedEvent
  let item: EventItem

  init(_ row: EventRow) {
    place = LoggedEvent(sequence: row.sequence, time: row.time)
    item = EventItem(topic: row.topic, kind: row.kind, body: row.body())
  }
}

extension EventItem {
  /// An event whose body starts with `number`.
  static func sample(_ number: Int, bytes: Int = 16, receipt: Int64? = nil) -> Self {
    Self(
      topic: "room/\(number % 7)", kind: UInt8(number % 5),
      body: OutboxItem.sample(number, bytes: bytes).body, receipt: receipt)
  }
}

extension OpenStore {
  /// Logs events with these numbers, in one call, and waits until all are safe.
  func logAndWait(
    _ numbers: ClosedRange<Int>, bytes: Int = 16, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = recorder.events.logged.count
    store.log(numbers.map { .sample($0, bytes: bytes) })
    try #require(
      recorder.wait { $0.logged.count == before + numbers.count }, sourceLocation: sourceLocation)
  }

  /// Runs `body` on the reading thread and waits for its result.
  func read<Value: Sendable>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable (EventReader) throws -> Value
  ) throws -> Value {
    let answer = try Mailbox<Result<Value, any Error>>(capacity: 1)
    try #require(
      store.read { reader in answer.sendReserved(Result { try body(reader) }) },
      sourceLocation: sourceLocation)
    answer.wait(atMost: .seconds(30))
    var results: [Result<Value, any Error>] = []
    _ = answer.receive(into: &results)
    return try #require(results.first, sourceLocation: sourceLocation).get()
  }

  /// The events of a part of the log.
  func events(after: Int64, through: Int64) throws -> [ReadEvent] {
    try read { reader in
      var events: [ReadEvent] = []
      _ = try reader.scan(after: after, through: through, rowsMax: .max) {
        events.append(ReadEvent($0))
        return true
      }
      return events
    }
  }
}

extension [StoreEvent] {
  var logged: [LoggedEvent] {
    flatMap { event -> [LoggedEvent] in
      if case .logged(let events) = event { events } else { [] }
    }
  }
}

extension [StoreEvent] {
  var forgottenReceipts: [Int64] {
    flatMap { event -> [Int64] in
      if case .receiptsForgotten(let numbers) = event { numbers } else { [] }
    }
  }

  var recorded: [RecordedName] {
    flatMap { event -> [RecordedName] in
      if case .recorded(let names) = event { names } else { [] }
    }
  }

  var moved: [MovedCursor] {
    flatMap { event -> [MovedCursor] in
      if case .cursorsMoved(let cursors) = event { cursors } else { [] }
    }
  }
}
