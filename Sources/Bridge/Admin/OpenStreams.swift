import EventLoop
import HTTPFront
import MQTTClient

/// The open streams of the public server, for operators.
final class OpenStreams: Sendable {
  struct Entry: Sendable {
    let id: StreamID
    let form: Representation.Form
    /// Behind proxies that are trusted it is the client's and not theirs.
    let clientAddress: String
    var filters: [TopicFilter]
    var subscription: String?
    /// In milliseconds since 1970.
    let openedAt: Int64
  }

  private let entries = Locked<[StreamID: Entry]>([:])

  var count: Int { entries.withLock { $0.count } }

  func opened(_ stream: StreamRequest, from clientAddress: String) {
    let entry = Entry(
      id: stream.stream, form: stream.representation.form, clientAddress: clientAddress,
      filters: stream.filters, subscription: stream.subscription,
      openedAt: WallClock.milliseconds())
    entries.withLock { $0[entry.id] = entry }
  }

  /// A stream that is no answer to `/subscribe`, of which it is told later what it follows.
  func opened(_ id: StreamID, as form: Representation.Form, from clientAddress: String) {
    let entry = Entry(
      id: id, form: form, clientAddress: clientAddress, filters: [], subscription: nil,
      openedAt: WallClock.milliseconds())
    entries.withLock { $0[id] = entry }
  }

  /// A stream follows other filters, or those of a named subscription.
  func changed(_ id: StreamID, _ filters: [TopicFilter], of subscription: String? = nil) {
    entries.withLock {
      $0[id]?.filters = filters
      $0[id]?.subscription = subscription
    }
  }

  /// How many streams of each form are open.
  var forms: [Representation.Form: Int] {
    entries.withLock { entries in
      entries.values.reduce(into: [:]) { $0[$1.form, default: 0] += 1 }
    }
  }

  /// How a stream is written, for those who tell it something.
  func form(of id: StreamID) -> Representation.Form {
    entries.withLock { $0[id]?.form } ?? .events
  }

  func closed(_ id: StreamID) { _ = entries.withLock { $0.removeValue(forKey: id) } }

  /// The stream with this name, if it is open.
  func find(_ name: String) -> StreamID? {
    entries.withLock { entries in entries.keys.first { $0.description == name } }
  }

  var ids: [StreamID] { entries.withLock { Array($0.keys) } }

  /// The oldest streams behind the first `skipped`.
  func page(after skipped: Int, limit: Int) -> (entries: [Entry], isLast: Bool) {
    let all = entries.withLock { Array($0.values) }
    let sorted = all.sorted {
      ($0.openedAt, $0.id.shard, $0.id.serial) < ($1.openedAt, $1.id.shard, $1.id.serial)
    }
    let rest = sorted.dropFirst(skipped)
    return (Array(rest.prefix(limit)), rest.count <= limit)
  }
}
