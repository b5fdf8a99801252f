import EventLoop
import MQTTClient
import Store

/// From which event on the log has everything that each filter at the broker brought.
///
/// A client that resumes learns from it whether something can be missing: while a filter was not
/// subscribed, nobody took its messages. The mqtt thread says what is covered, the store thread since
/// when, and the reader thread asks.
final class CoverageTable: Sendable {
  private struct Entry: Sendable {
    /// How often the store was asked and has not answered; only its last answer counts.
    var unanswered = 0
    var isCovered = false
    /// Nil while the store has not answered.
    var since: Int64?
  }

  private let filters = Locked<[TopicFilter: Entry]>([:])

  /// What an earlier process left; it counts until the broker says that it lost the session.
  func restore(_ names: [RecordedName]) {
    filters.withLock { filters in
      for recorded in names {
        guard let filter = Self.filter(recorded.name) else { continue }
        filters[filter] = Entry(isCovered: true, since: recorded.since)
      }
    }
  }

  /// The broker serves the filter from now on; the caller asks the store to record its name.
  func cover(_ filter: TopicFilter) {
    filters.withLock { filters in
      filters[filter, default: Entry()].isCovered = true
      filters[filter]?.unanswered += 1
    }
  }

  func uncover(_ filter: TopicFilter) {
    filters.withLock { filters in
      guard var entry = filters[filter] else { return }
      entry.isCovered = false
      entry.since = nil
      filters[filter] = entry.unanswered == 0 ? nil : entry
    }
  }

  /// The store has noted these names.
  func recorded(_ names: [RecordedName]) {
    filters.withLock { filters in
      for recorded in names {
        guard let filter = Self.filter(recorded.name), var entry = filters[filter] else { continue }
        entry.unanswered -= 1
        // An earlier answer may be from before a time without the filter.
        if entry.isCovered, entry.unanswered <= 0 { entry.since = recorded.since }
        filters[filter] = !entry.isCovered && entry.unanswered <= 0 ? nil : entry
      }
    }
  }

  /// Whether the broker serves the filter, as far as is known.
  func isCovered(_ filter: TopicFilter) -> Bool {
    filters.withLock { $0[filter]?.isCovered == true }
  }

  /// Whether the store has noted since when these are covered, those that are.
  func isSettled(_ asked: [TopicFilter]) -> Bool {
    filters.withLock { filters in
      asked.allSatisfy { filter in
        guard let entry = filters[filter], entry.isCovered else { return true }
        return entry.since != nil
      }
    }
  }

  /// Whether the log has every message of the filter after this event.
  func covers(_ filter: TopicFilter, after sequence: Int64) -> Bool {
    filters.withLock { filters in
      func isKnown(_ entry: Entry?) -> Bool {
        guard let since = entry?.since else { return false }
        return since <= sequence
      }
      if isKnown(filters[filter]) { return true }
      return filters.contains { covered, entry in
        isKnown(entry) && !covered.isShared && !filter.isShared && covered.includes(filter)
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
