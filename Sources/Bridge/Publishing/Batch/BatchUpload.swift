import HTTPFront

/// One batch whose messages are published as its lines arrive.
///
///     reading ──too many without an answer──▶ paused
///        ▲  │ the body is over                   │ half of them are answered
///        │  ▼                                    │
///        └─ ended ──all are answered──▶ (answered)
///
/// Of a short batch every result is kept; of a long one those of messages that were refused, and of
/// these no more than a short batch may have. Pure; its callers hold a lock.
struct BatchUpload {
  enum Next: Equatable {
    case nothing
    /// More of the body may come.
    case resume
    /// All is known.
    case answer(Response)
  }

  /// So many messages wait for the store or the broker at a time.
  static let outstandingMax = 512

  let fields: BatchFields
  let head: RequestHead
  /// How long it waits for the broker.
  let wait: Duration
  private let resultsMax: Int
  private var lines: NDJSONLines
  private(set) var count = 0
  private(set) var acceptedCount = 0
  private var hasPending = false
  private var isReplayOnly = true
  private var results: [Int: BatchResult] = [:]
  private(set) var outstanding: Set<Int> = []
  private(set) var outstandingPeak = 0
  /// Since when the body waits.
  private(set) var pausedAt: Duration?
  private var hasEnded = false
  /// It has waited long enough for the broker: what is stored is answered.
  private(set) var isTired = false
  var preferenceApplied: String?
  /// What is left of the caller's rate.
  var rateHeaders = HeaderFields()

  init(
    _ fields: BatchFields, _ head: RequestHead, wait: Duration, lineBytesMax: Int, resultsMax: Int
  ) {
    self.fields = fields
    self.head = head
    self.wait = wait
    self.resultsMax = resultsMax
    lines = NDJSONLines(lineBytesMax: lineBytesMax)
  }

  /// The lines that these bytes complete.
  mutating func received(_ piece: [UInt8]) -> [NDJSONLines.Line] {
    var found: [NDJSONLines.Line] = []
    lines.feed(piece, into: &found)
    return found
  }

  /// The line that has no end of its own, when the body is over.
  mutating func takeLastLine() -> [NDJSONLines.Line] {
    var found: [NDJSONLines.Line] = []
    lines.finish(into: &found)
    return found
  }

  /// The next message; its number.
  mutating func began() -> Int {
    outstanding.insert(count)
    outstandingPeak = max(outstandingPeak, outstanding.count)
    count += 1
    if count == resultsMax + 1 { results = results.filter { !$0.value.isAccepted } }
    return count - 1
  }

  /// Whether nothing more of the body can be taken now.
  mutating func pauseIfFull(at now: Duration) -> Bool {
    guard outstanding.count >= Self.outstandingMax else { return false }
    pausedAt = now
    return true
  }

  /// What became of one message.
  mutating func answered(_ index: Int, _ result: BatchResult) -> Next {
    guard outstanding.remove(index) != nil else { return .nothing }
    if result.isAccepted { acceptedCount += 1 }
    if result.status == 202 { hasPending = true }
    if !result.isReplay { isReplayOnly = false }
    let isKept = count <= resultsMax || (!result.isAccepted && results.count < resultsMax)
    if isKept { results[index] = result }
    if pausedAt != nil, outstanding.count <= Self.outstandingMax / 2 {
      pausedAt = nil
      return .resume
    }
    return hasEnded && outstanding.isEmpty ? .answer(response) : .nothing
  }

  /// The body is over; the answer, when nothing is waited for.
  mutating func ended() -> Response? {
    hasEnded = true
    return outstanding.isEmpty ? response : nil
  }

  /// It has waited for the broker as long as it wanted.
  mutating func tired() { isTired = true }

  private var response: Response {
    guard count > 0 else {
      return PublishRoute.withKept(Problem(.emptyBatch, detail: "the batch has no message"))
        .response(to: head)
    }
    var headers = rateHeaders
    if let preferenceApplied { headers.append("Preference-Applied", preferenceApplied) }
    if isReplayOnly { headers.append("Idempotency-Replayed", "true") }
    let told = results.sorted { $0.key < $1.key }.map { $0.value.json(index: $0.key) }
    var members: [JSONValue.Member] = [
      .init("accepted", .integer(acceptedCount)),
      .init("rejected", .integer(count - acceptedCount)),
      .init("results", .array(told)),
    ]
    if told.count < count { members.append(.init("results_omitted", .integer(count - told.count))) }
    let status = acceptedCount < count ? 207 : hasPending ? 202 : 200
    return .json(.object(members), status: status, headers: headers)
  }
}
