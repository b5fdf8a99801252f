import EventLoop
import MQTTClient
import Store

/// From which event on the log has everything that each filter at the broker brought.
///
/// A client that resumes learns from it whether something can be missing: while a filter was not
/// subscribed, nobody took its messages. The mqtt thread says what is covered, the store thread since
/// when, and the reader thread asks.
final class CoverageTable: Sendable {
  private enum Since: Sendable {
    /// The store has not answered yet.
    case pending
    case event(Int64)
  }

  private let filters = Locked<[TopicFilter: Since]>([:])

  /// What an earlier process left; it counts until the broker says that it lost the session.
  func restore(_ names: [RecordedName]) {
    filters.withLock { filters in
      for recorded in names {
        guard let filter = Self.filter(recorded.name) else { continue }
        filters[filter] = .event(recorded.since)
      }
    }
  }

  /// The broker serves the filter from now on.
  func cover(_ filter: TopicFilter) {
    filters.withLock { if $0[filter] == nil { $0[filter] = .pending } }
  }

  func uncover(_ filter: TopicFilter) {
    filters.withLock { $0[filter] = nil }
  }

  /// The store has noted these names.
  func recorded(_ names: [RecordedName]) {
    filters.withLock { filters in
      for recorded in names {
        guard let filter = Self.filter(recorded.name), filters[filter] != nil else { continue }
        filters[filter] = .event(recorded.since)
      }
    }
  }

  /// Whether the broker serves the filter, as far as is known.
  func isCovered(_ filter: TopicFilter) -> Bool {
    filters.withLock { $0[filter] != nil }
  }

  /// Whether the log has every message of the filter after this event.
  func covers(_ filter: TopicFilter, after sequence: Int64) -> Bool {
    filters.withLock { filters in
      if case .event(let since)? = filters[filter], since <= sequence { return true }
      return filters.contains { covered, since in
        guard case .event(let since) = since, since <= sequence else { return false }
        return !covered.isShared && !filter.isShared && covered.includes(filter)
      }
    }
  }

  /// The name under which the store notes that a filter is covered.
  static func name(_ filter: TopicFilter) -> String { "covered \(filter.text)" }

  /// The filter of such a name; nil for any other name.
  static func filter(_ name: String) -> TopicFilter? {
    guard name.hasPrefix("covered ") else { return nil }
    return try? TopicFilter(String(name.dropFirst("covered ".count)))
  }
}
