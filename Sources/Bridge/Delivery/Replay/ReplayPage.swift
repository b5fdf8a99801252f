import HTTPFront
import MQTTClient
import Store

/// Some events of the log as one stream wants them, ready to be written.
struct ReplayPage {
  /// Several events share a frame, so that long replays take few of them.
  private static let frameBytes = 32 * 1024
  static let rowsMax = 4000

  private(set) var frames: [Frame] = []
  /// Everything up to here has been looked at.
  private(set) var cursor: LoggedEvent
  /// The events that it has, by their sequences.
  private(set) var taken: [Int64] = []
  private var text: [UInt8] = []
  private var bytes = 0

  let request: StreamRequest
  let epoch: String
  private let bytesMax: Int

  init(after cursor: LoggedEvent, _ request: StreamRequest, epoch: String, bytesMax: Int) {
    self.bytesMax = bytesMax
    self.cursor = cursor
    self.request = request
    self.epoch = epoch
  }

  /// Reads on until the page is full, `eventsMax` are found, or `through` is reached.
  mutating func read(
    _ reader: EventReader, through: Int64, eventsMax: Int
  ) throws(StoreError) {
    var page = self
    let last = try reader.scan(
      after: cursor.sequence, through: through, rowsMax: Self.rowsMax
    ) { row in
      guard page.bytes < page.bytesMax, page.taken.count < eventsMax else { return false }
      page.take(row)
      return true
    }
    page.moved(to: last)
    page.close()
    self = page
  }

  /// Reads on as `read` does, and keeps only the newest event of each topic.
  ///
  /// Ends behind the last event that it takes, so that nothing newer is skipped.
  mutating func readNewest(
    _ reader: EventReader, through: Int64, eventsMax: Int
  ) throws(StoreError) {
    var newest: [String: Int64] = [:]
    let request = request
    let last = try reader.scan(
      after: cursor.sequence, through: through, rowsMax: Self.rowsMax
    ) { row in
      if row.message(for: request) != nil { newest[row.topic] = row.sequence }
      return true
    }
    let wanted = Set(newest.values.sorted().prefix(eventsMax))
    let end = newest.count > eventsMax ? wanted.max() ?? last : last
    var next = self
    let taken = try reader.scan(
      after: cursor.sequence, through: end, rowsMax: Self.rowsMax
    ) { row in
      // What is passed over has a newer one behind it, so the page may end anywhere.
      guard next.bytes < next.bytesMax else { return false }
      if wanted.contains(row.sequence) || row.kind == EventKind.gap.rawValue {
        next.take(row)
      } else {
        next.cursor = LoggedEvent(sequence: row.sequence, time: row.time)
      }
      return true
    }
    next.moved(to: taken)
    next.close()
    self = next
  }

  /// Reads exactly these events, as far as they are kept.
  mutating func read(_ reader: EventReader, events: [Int64]) throws(StoreError) {
    var page = self
    for sequence in events {
      _ = try reader.scan(after: sequence - 1, through: sequence, rowsMax: 1) { row in
        page.take(row)
        return true
      }
    }
    page.close()
    self = page
  }

  private mutating func take(_ row: EventRow) {
    let before = cursor
    cursor = LoggedEvent(sequence: row.sequence, time: row.time)
    let id = EventID(epoch: epoch, sequence: row.sequence, time: row.time)
    guard row.kind == EventKind.message.rawValue else {
      guard let mark = GapMark(row.body()) else { return }
      let from = EventID(epoch: epoch, sequence: before.sequence, time: before.time)
      let form = request.representation.form
      return append(StreamFrames.gapText(mark, from: from, to: id, as: form))
    }
    guard let publish = row.message(for: request) else { return }
    taken.append(row.sequence)
    append(
      MessageRenderer.render(
        publish, receivedAt: row.time, id: id.description, as: request.representation))
  }

  private mutating func append(_ event: [UInt8]) {
    text += event
    bytes += event.count
    if text.count >= Self.frameBytes { close() }
  }

  /// Rows of other topics, and numbers that were never used, are behind too.
  private mutating func moved(to sequence: Int64) {
    guard sequence > cursor.sequence else { return }
    cursor = LoggedEvent(sequence: sequence, time: cursor.time)
  }

  private mutating func close() {
    guard !text.isEmpty else { return }
    let form = request.representation.form
    frames.append(Frame(exchange(&text, with: []), position: cursor.sequence, as: form))
  }
}
