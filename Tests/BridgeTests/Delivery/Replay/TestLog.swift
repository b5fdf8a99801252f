import EventLoop
import MQTTClient
import Store
import TestSupport
import Testing

@testable import Bridge

/// An event log on disk, in a directory of its own.
final class TestLog: Sendable {
  static let epoch = "k3f9x"

  let store: Store
  private let directory: TemporaryDirectory
  private let committed: Mailbox<LoggedEvent>

  init(_ configure: (inout StoreOptions) -> Void = { _ in }) throws {
    directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    configure(&options)
    let committed = try Mailbox<LoggedEvent>(capacity: 1)
    self.committed = committed
    store = try Store.open(options) { event in
      guard case .logged(let events) = event else { return }
      for event in events { committed.sendReserved(event) }
    }
  }

  deinit { store.close() }

  /// Logs these and waits until they are committed.
  @discardableResult
  func log(_ items: [EventItem]) throws -> [LoggedEvent] {
    store.log(items)
    var events: [LoggedEvent] = []
    let deadline = Deadline(after: .seconds(30))
    while events.count < items.count, !deadline.hasPassed {
      committed.wait(atMost: .milliseconds(Int(deadline.millisecondsLeft)))
      var batch: [LoggedEvent] = []
      _ = committed.receive(into: &batch)
      events += batch
    }
    try #require(events.count == items.count)
    return events
  }

  /// Runs `body` on the reading thread and waits for its result.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (EventReader) throws -> Value
  ) throws -> Value {
    let answer = try Mailbox<Result<Value, any Error>>(capacity: 1)
    try #require(store.read { reader in answer.sendReserved(Result { try body(reader) }) })
    answer.wait(atMost: .seconds(30))
    var results: [Result<Value, any Error>] = []
    _ = answer.receive(into: &results)
    return try #require(results.first).get()
  }
}

extension EventItem {
  /// A message that came through these of the filters that were served.
  static func message(
    _ topic: String, through: [String] = [], served: [String] = [], bytes: Int = 4
  ) throws -> EventItem {
    let origin = Origin(
      through: try through.map { try TopicFilter($0) },
      served: try served.map { try TopicFilter($0) }
    )
    let publish = Publish(topic: topic, payload: Array(repeating: 0x61, count: bytes)[...])
    return EventItem(
      topic: topic, kind: EventKind.message.rawValue, body: LoggedMessage.encode(publish, origin))
  }

  static func mark(_ reason: String) -> EventItem {
    EventItem(topic: "", kind: EventKind.gap.rawValue, body: GapMark(reason: reason).encoded)
  }
}
