import HTTPFront
import MQTTClient
import Store

/// What a poll asks for beside what every stream does.
struct PollTerms: Equatable, Sendable {
  static let limitMaximum = 1000
  static let waitUsual = Duration.seconds(25)

  var limit = 100
  /// How long it waits when there is nothing yet.
  var wait = Self.waitUsual
  /// The value of `Preference-Applied`.
  var preferenceApplied: String?
  /// What its client was sent of a named subscription counts as acknowledged.
  var acknowledgesWrites = false

  init(_ parameters: StreamParameters, _ headers: HeaderFields) throws(Problem) {
    if let text = parameters.page[.limit] {
      limit = try FieldText.number("limit", text, 1...Self.limitMaximum)
    }
    acknowledgesWrites = parameters.acknowledgesWrites
    if let wait = parameters.wait {
      self.wait = .seconds(wait)
    } else if let preferred = Preferences(headers).wait {
      wait = min(preferred, .seconds(StreamParameters.waitMaximum))
      preferenceApplied = "wait=\(wait.components.seconds)"
    }
  }
}

/// One request that waits for messages.
///
///     opening ──granted, and the log shows it──▶ reading ──nothing found──▶ waiting
///        │                                        ▲    │                     │   │
///        └──────────────its time is over──────────┘    │     a message came──┘   │
///                                                      ▼                         ▼
///                        (answered) ◀──news, or its time is over─── its time is over
struct Poll: Sendable {
  enum Phase: Equatable, Sendable {
    /// The broker has not granted its filters, as far as the log shows.
    case opening
    /// A read is with the reader thread.
    case reading
    /// At the end of the log, until there is more.
    case waiting
  }

  var request: StreamRequest
  let terms: PollTerms
  let head: RequestHead
  var phase = Phase.opening
  /// Where the log was when its filters were granted.
  var openedAt: LoggedEvent?
  var opening: StreamOpening?
  /// Nil until its begin is found.
  var page: PollPage?
  var isApproximate = false
  /// Its time is over: what the next read finds is the answer.
  var isDue = false

  func response() -> Response? {
    guard let page else { return nil }
    let id = page.lastEventID.description
    var members: [JSONValue.Member] = [
      .init("messages", .array(page.messages)), .init("last_event_id", .string(id)),
    ]
    if let gap = page.gaps.first { members.append(.init("gap", gap)) }
    if page.gaps.count > 1 { members.append(.init("more_gaps", .array(Array(page.gaps[1...])))) }
    if isApproximate { members.append(.init("resumed", .string("approximate"))) }
    let refused = opening?.filters.filter(\.reasonCode.isFailure) ?? []
    if !refused.isEmpty {
      let errors = refused.map { StreamFrames.refusal(filter: $0.filter, $0.reasonCode).json }
      members.append(.init("errors", .array(errors)))
    }
    var headers: HeaderFields = [
      "Cache-Control": "no-store", "Bridge-Last-Event-ID": id,
      "Vary": "Origin, Accept, Authorization, Cookie", "Accept-Query": SubscribeBody.mediaTypes,
    ]
    if let applied = terms.preferenceApplied { headers.append("Preference-Applied", applied) }
    return .json(.object(members), headers: headers)
  }
}
