import HTTPFront
import MQTTClient

/// The requests that wait for replies.
///
///     began ──granted──▶ published ──replied──▶ … as often as wanted ──▶ (answered)
///       │                    │ refused by broker, store or bridge ──────▶ (answered)
///       └────────────────────┴──── deadline, client left ───────────────▶ (answered, forgotten)
///
/// A reply belongs to the request whose correlation data it repeats, or which waits at its topic.
/// Pure; its callers hold a lock. Bounded by the number of requests that may wait.
struct RequestDesk {
  /// One request that waits.
  struct Entry: Sendable {
    let request: RequestID
    let question: RequestQuestion
    let correlation: [UInt8]
    let replyTopic: String
    let begunAt: Duration
    /// Its message, which its caller may publish.
    var prepared: PreparedPublish?
    /// The subscription to the reply topic of this request alone.
    var hold: StreamID?
    var receipt: PublishReceipt?
    /// What the broker said to the request itself.
    var outcome: MessageOutcome?
    var replies: [Publish] = []
    var replyCount = 0

    var isComplete: Bool { replyCount >= question.repliesMaximum }
  }

  /// Why a request cannot wait.
  enum Refusal: Equatable {
    case full
    /// Another one waits at the same reply topic.
    case topicTaken
  }

  private let maximum: Int
  private var entries: [RequestID: Entry] = [:]
  private var requests: [[UInt8]: RequestID] = [:]
  private var requestsAtTopic: [String: RequestID] = [:]
  /// Replies that came for nobody any more.
  private(set) var lateReplies = 0

  init(maximum: Int) { self.maximum = maximum }

  var count: Int { entries.count }

  subscript(request: RequestID) -> Entry? { entries[request] }

  /// The topics that requests have for themselves.
  func waits(at topic: String) -> Bool { requestsAtTopic[topic] != nil }

  mutating func began(_ entry: Entry) -> Refusal? {
    guard entries.count < maximum else { return .full }
    if let topic = entry.question.replyTopic {
      guard requestsAtTopic[topic] == nil else { return .topicTaken }
      requestsAtTopic[topic] = entry.request
    }
    entries[entry.request] = entry
    requests[entry.correlation] = entry.request
    return nil
  }

  mutating func held(_ request: RequestID, by hold: StreamID) { entries[request]?.hold = hold }

  mutating func published(_ request: RequestID, _ receipt: PublishReceipt) {
    entries[request]?.receipt = receipt
  }

  mutating func acknowledged(_ request: RequestID, _ outcome: MessageOutcome) {
    entries[request]?.outcome = outcome
  }

  /// A reply came; the request that it is for, gone from the desk when it was the last one.
  mutating func replied(_ publish: Publish) -> Entry? {
    guard let request = request(of: publish), var entry = entries[request] else {
      lateReplies += 1
      return nil
    }
    entry.replyCount += 1
    if entry.question.form == .raw || entry.question.form == .json { entry.replies.append(publish) }
    entries[request] = entry
    if entry.isComplete { _ = remove(request) }
    return entry
  }

  /// At a topic of its own a reply need not repeat the correlation data, but must not contradict.
  private func request(of publish: Publish) -> RequestID? {
    let correlation = publish.properties.correlationData.map { Array($0) }
    if let request = requestsAtTopic[publish.topic] {
      guard let correlation else { return request }
      return entries[request]?.correlation == correlation ? request : nil
    }
    guard let correlation, let request = requests[correlation],
      entries[request]?.question.replyTopic == nil
    else { return nil }
    return request
  }

  mutating func remove(_ request: RequestID) -> Entry? {
    guard let entry = entries.removeValue(forKey: request) else { return nil }
    requests[entry.correlation] = nil
    if let topic = entry.question.replyTopic { requestsAtTopic[topic] = nil }
    return entry
  }

  /// Every request that waits.
  var waitingRequests: [RequestID] { Array(entries.keys) }

  /// The requests whose replies are written as they come, with the time when each gives up.
  var streamDeadlines: [(request: RequestID, at: Duration)] {
    entries.values.filter { $0.question.form == .lines || $0.question.form == .events }
      .map { ($0.request, $0.begunAt + $0.question.timeout) }
  }
}
