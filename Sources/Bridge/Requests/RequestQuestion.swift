import HTTPFront
import MQTTClient

/// What `POST /request` asks for beside the message itself.
struct RequestQuestion: Sendable {
  /// How the replies are written.
  enum Form: Equatable, Sendable {
    /// The payload of the one reply.
    case raw
    /// The one reply as JSON, or all of them in an array.
    case json
    /// Each as it comes, one on a line.
    case lines
    /// Each as it comes, as a server-sent event.
    case events
  }

  /// The fields that a publish does not have.
  static let names: Set<String> = ["timeout", "max_replies", "queue", "reply_topic"]
  /// The fields of a publish that it must not have.
  static let refused = ["response_topic", "correlation_data", "ack", "idempotency_key"]
  private static let secondsMaximum = 3600
  private static let repliesMaximum = 1000

  private(set) var draft: PublishDraft
  private(set) var timeout = Duration.seconds(5)
  private(set) var repliesMaximum = 1
  /// Whether the message may wait for the broker, and go out after the request has given up.
  private(set) var isQueued = false
  /// Where the replies come, for devices that cannot be told.
  private(set) var replyTopic: String?
  let form: Form
  let head: RequestHead

  init(_ request: Request) throws(Problem) {
    try self.init(PublishParser.parse(request, extras: Self.names), request.head)
  }

  /// A message whose `extras` say what is asked for.
  init(_ draft: PublishDraft, _ head: RequestHead) throws(Problem) {
    self.head = head
    self.draft = draft
    for name in Self.refused where draft.isGiven(name) {
      throw Problem(
        .badParameter, detail: "'\(name)' is not for a request: the bridge sets what it needs",
        hint: "use POST /publish to set it yourself")
    }
    guard draft.retain != true else {
      throw Problem(
        .badParameter, detail: "a request is for who listens now; 'retain' must be false")
    }
    if let text = draft.extras["timeout"] {
      timeout = .seconds(try FieldText.number("timeout", text, 1...Self.secondsMaximum))
    }
    if let text = draft.extras["max_replies"] {
      repliesMaximum = try FieldText.number("max_replies", text, 1...Self.repliesMaximum)
    }
    if let text = draft.extras["queue"] { isQueued = try FieldText.flag("queue", text) }
    replyTopic = draft.extras["reply_topic"]
    if let replyTopic, !TopicName.isValid(replyTopic) || replyTopic == draft.topic {
      throw Problem(
        .topicInvalid, detail: "'\(replyTopic)' cannot be the topic of the replies",
        hint: "one without wildcards, and another one than that of the request")
    }
    form = Self.form(Accept(head.headers.values("Accept")), repliesMaximum)
  }

  private static func form(_ accept: Accept, _ repliesMaximum: Int) -> Form {
    guard repliesMaximum > 1 else {
      let json = accept.quality(of: MediaType.json)
      return json > accept.quality(of: "application/octet-stream") ? .json : .raw
    }
    switch accept.best(of: [MediaType.json, MediaType.ndjson, "text/event-stream"]) {
    case MediaType.ndjson: return .lines
    case "text/event-stream": return .events
    default: return .json
    }
  }

  /// The message to send, with everything that lets the replies find back.
  func message(replyTopic: String, correlation: [UInt8]) -> PublishDraft {
    var draft = draft
    draft.properties.responseTopic = replyTopic
    draft.properties.correlationData = correlation[...]
    // Its answer tells how it ended, and it cannot be asked for again.
    draft.needsNoKey = true
    guard !isQueued else { return draft }
    // A late command is worse than none: neither the queue nor the broker keeps it for later.
    let seconds = Int(timeout.components.seconds)
    draft.expiresIn = min(draft.expiresIn ?? seconds, seconds)
    if draft.expiresIn == 0 { draft.expiresIn = seconds }
    if draft.properties.messageExpiryInterval == nil {
      draft.properties.messageExpiryInterval = UInt32(seconds)
    }
    return draft
  }
}
