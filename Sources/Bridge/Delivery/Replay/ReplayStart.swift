import MQTTClient
import Store

/// Where a reader of the event log begins, and what it must be told about that.
struct ReplayStart: Equatable, Sendable {
  enum Resumed: Equatable, Sendable {
    /// It asked for no particular event.
    case no
    /// Directly behind the event that it had.
    case exactly
    /// By time, because the event is of another log; some may come again.
    case approximately
  }

  /// Everything after this event is read.
  var cursor: LoggedEvent
  var resumed = Resumed.no
  var gaps: [GapMark] = []
}

/// Finds where a stream begins, from what the client had and what the log still holds.
struct ReplayResolver {
  /// Clocks of replicas differ by less than this.
  static let skewMilliseconds: Int64 = 5000
  /// How many events a search for the newest ones looks at.
  static let newestScanMax = 200_000

  let epoch: String
  let coverage: CoverageTable
  let history: HistoryFilter

  func resolve(
    _ request: StreamRequest, _ reader: EventReader
  ) throws(StoreError) -> ReplayStart {
    let bounds = reader.bounds
    switch request.start {
    case .live:
      return ReplayStart(cursor: LoggedEvent(sequence: bounds.last, time: bounds.lastTime))
    case .earliest: return ReplayStart(cursor: try event(bounds.first - 1, bounds, reader))
    case .cursor(let sequence):
      var start = try behind(sequence, bounds, reader)
      // The settings may have changed since the subscription was made.
      if !request.filters.allSatisfy({ history.keepsAll(of: $0) }) {
        start.gaps.append(GapMark(reason: "no_history"))
      }
      return start
    case .since(let time):
      return ReplayStart(cursor: try event(try reader.position(before: time), bounds, reader))
    case .newest(let count):
      return ReplayStart(cursor: try newest(count, request.filters, bounds, reader))
    case .after(let id):
      var start = try after(id, bounds, reader)
      start.gaps += gaps(request.filters, after: start.cursor.sequence)
      return start
    }
  }

  private func after(
    _ id: EventID, _ bounds: EventBounds, _ reader: EventReader
  ) throws(StoreError) -> ReplayStart {
    guard id.epoch == epoch else { return try byTime(id, reason: nil, bounds, reader) }
    guard id.sequence <= bounds.last else {
      return try byTime(id, reason: "epoch_changed", bounds, reader)
    }
    if id.sequence >= bounds.first, let time = try reader.time(of: id.sequence), time != id.time {
      // The sequence was given to another event than the client's: an older copy of the log came back.
      return try byTime(id, reason: "epoch_changed", bounds, reader)
    }
    return try behind(id.sequence, bounds, reader)
  }

  private func behind(
    _ sequence: Int64, _ bounds: EventBounds, _ reader: EventReader
  ) throws(StoreError) -> ReplayStart {
    guard sequence < bounds.first - 1 else {
      return ReplayStart(cursor: try event(sequence, bounds, reader), resumed: .exactly)
    }
    let oldest = try event(bounds.first - 1, bounds, reader)
    // The events of other topics are counted too, because nobody knows any more what they were.
    let gap = GapMark(
      reason: "history_expired", missed: Int(clamping: oldest.sequence - sequence),
      isExact: false)
    return ReplayStart(cursor: oldest, resumed: .exactly, gaps: [gap])
  }

  private func byTime(
    _ id: EventID, reason: String?, _ bounds: EventBounds, _ reader: EventReader
  ) throws(StoreError) -> ReplayStart {
    let since = max(0, id.time - Self.skewMilliseconds)
    let position = try reader.position(before: since)
    var start = ReplayStart(
      cursor: try event(position, bounds, reader), resumed: .approximately)
    if let reason { start.gaps.append(GapMark(reason: reason)) }
    // Nothing before the oldest event shows that the log reaches back far enough.
    if position < bounds.first { start.gaps.append(GapMark(reason: "history_expired")) }
    return start
  }

  /// What the log cannot have of these filters.
  private func gaps(_ filters: [TopicFilter], after sequence: Int64) -> [GapMark] {
    var gaps: [GapMark] = []
    if !filters.allSatisfy({ history.keepsAll(of: $0) }) {
      gaps.append(GapMark(reason: "no_history"))
    }
    if !filters.allSatisfy({ coverage.covers($0, after: sequence) }) {
      gaps.append(GapMark(reason: "not_subscribed"))
    }
    return gaps
  }

  private func newest(
    _ count: Int, _ filters: [TopicFilter], _ bounds: EventBounds, _ reader: EventReader
  ) throws(StoreError) -> LoggedEvent {
    var found = 0
    var position = bounds.last
    _ = try reader.scanBackward(from: bounds.last, rowsMax: Self.newestScanMax) { row in
      guard found < count else { return false }
      position = row.sequence - 1
      if row.message(countingFor: filters) != nil { found += 1 }
      return true
    }
    return try event(position, bounds, reader)
  }

  /// The event before what is read; of one that is gone, the time is that of the oldest.
  private func event(
    _ sequence: Int64, _ bounds: EventBounds, _ reader: EventReader
  ) throws(StoreError) -> LoggedEvent {
    if let time = try reader.time(of: sequence) {
      return LoggedEvent(sequence: sequence, time: time)
    }
    let oldest = try reader.time(of: bounds.first)
    return LoggedEvent(sequence: sequence, time: oldest ?? bounds.lastTime)
  }
}
