import HTTPFront
import MQTTClient
import Store

/// Polls whose filters are granted, until the log shows it too; on the mqtt thread.
///
/// A poll that names no event begins where the log was when its filters were granted, behind the row
/// that says so: the next poll names that place, and must not be told that its filters were not
/// subscribed then. For the same reason the store must have noted since when they are.
struct OpeningPolls {
  struct Entry {
    let request: StreamRequest
    let opening: StreamOpening
    /// How many entries the pipeline will have given out then.
    fileprivate var mark: UInt64?
    /// Where the log was; nil while that is not given out.
    var cursor: LoggedEvent?
  }

  private var entries: [Entry] = []

  var isEmpty: Bool { entries.isEmpty }

  mutating func opened(_ request: StreamRequest, _ opening: StreamOpening) {
    entries.append(Entry(request: request, opening: opening))
  }

  mutating func closed(_ id: StreamID) { entries.removeAll { $0.request.stream == id } }

  /// What has come so far ends here; what comes later is for the polls that opened.
  mutating func marked(at end: UInt64) {
    for index in entries.indices where entries[index].mark == nil { entries[index].mark = end }
  }

  /// So many entries are given out, the last one at this place of the log.
  mutating func gaveOut(_ count: UInt64, upTo position: LoggedEvent) {
    for index in entries.indices where entries[index].cursor == nil {
      if let mark = entries[index].mark, mark <= count { entries[index].cursor = position }
    }
  }

  /// Those that can begin.
  mutating func takeReady(_ isSettled: ([TopicFilter]) -> Bool) -> [Entry] {
    var ready: [Entry] = []
    entries.removeAll { entry in
      guard entry.cursor != nil, isSettled(entry.request.filters) else { return false }
      ready.append(entry)
      return true
    }
    return ready
  }
}
