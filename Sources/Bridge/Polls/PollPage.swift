import HTTPFront
import MQTTClient
import Store

/// What one poll has found in the log.
///
/// Gaps are told before the messages behind them, so a page ends before one that comes later.
struct PollPage: Sendable {
  /// A page ends after so many events of other topics; the next one goes on behind them.
  private static let rowsMax = 50_000
  private static let bytesMax = 4 << 20

  private let request: StreamRequest
  private let epoch: String
  private let limit: Int
  /// Everything up to here has been looked at.
  private(set) var cursor: LoggedEvent
  private(set) var gaps: [JSONValue] = []
  private var found: [JSONValue?] = []
  private var placeOfTopic: [String: Int] = [:]
  private var bytes = 0
  private(set) var count = 0

  init(_ request: StreamRequest, from start: ReplayStart, epoch: String, limit: Int) {
    self.request = request
    self.epoch = epoch
    self.limit = limit
    cursor = start.cursor
    for mark in start.gaps { gaps.append(gap(mark, after: nil)) }
  }

  /// Whether there is something to tell.
  var hasNews: Bool { count > 0 || !gaps.isEmpty }
  var messages: [JSONValue] { found.compactMap(\.self) }
  var lastEventID: EventID { id(of: cursor) }

  /// Reads on, up to `through`, until the page is full.
  mutating func read(_ reader: EventReader, through: Int64) throws(StoreError) {
    guard cursor.sequence < through else { return }
    var page = self
    var hasEnded = false
    let last = try reader.scan(
      after: cursor.sequence, through: through, rowsMax: Self.rowsMax
    ) { row in
      guard page.count < page.limit, page.bytes < Self.bytesMax, page.take(row) else {
        hasEnded = true
        return false
      }
      return true
    }
    if !hasEnded, last > page.cursor.sequence {
      page.cursor = LoggedEvent(sequence: last, time: page.cursor.time)
    }
    self = page
  }

  /// Takes one row; false when the page ends before it.
  private mutating func take(_ row: EventRow) -> Bool {
    let event = LoggedEvent(sequence: row.sequence, time: row.time)
    if row.kind == EventKind.gap.rawValue, let mark = GapMark(row.body()) {
      guard count == 0 else { return false }
      let before = cursor
      cursor = event
      bytes += 128
      gaps.append(gap(mark, after: before))
      return true
    }
    cursor = event
    guard row.kind == EventKind.message.rawValue,
      let publish = row.message(for: request)
    else { return true }
    if request.policy == .conflate {
      if let place = placeOfTopic.updateValue(found.count, forKey: publish.topic) {
        found[place] = nil
        count -= 1
      }
    }
    bytes += publish.payload.count + publish.topic.utf8.count + 128
    found.append(
      MessageRenderer.json(
        publish, receivedAt: row.time, id: id(of: event).description, as: request.representation))
    count += 1
    return true
  }

  private func gap(_ mark: GapMark, after before: LoggedEvent?) -> JSONValue {
    var members: [JSONValue.Member] = []
    if let before { members.append(.init("from", .string(id(of: before).description))) }
    members.append(.init("to", .string(lastEventID.description)))
    return .object(members + mark.members)
  }

  private func id(of event: LoggedEvent) -> EventID {
    EventID(epoch: epoch, sequence: event.sequence, time: event.time)
  }
}
