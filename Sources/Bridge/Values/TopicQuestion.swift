import HTTPFront
import MQTTClient

/// What `GET /topics/{topic}` asks for.
struct TopicQuestion: Sendable {
  /// The parameters of the query where the topic is in the path; else `topic` too.
  static let names = ["encoding"]

  private(set) var topic: String
  private(set) var isEnvelope = false
  private(set) var encoding = Representation.Encoding.auto
  /// The entity tags that the client has; empty when it asks without condition.
  private(set) var known: [String] = []
  /// How long to wait for another value than the known ones.
  private(set) var wait: Duration?
  let head: RequestHead

  init(_ pathTopic: String?, _ head: RequestHead) throws(Problem) {
    self.head = head
    topic = pathTopic ?? ""
    var given: Set<String> = []
    for (name, value) in try Self.parameters(head.query) where !name.hasPrefix("x_") {
      guard given.insert(name).inserted else {
        throw Problem(.badParameter, detail: "'\(name)' is given twice")
      }
      try set(name, value, isTopicFree: pathTopic == nil)
    }
    guard !topic.isEmpty else {
      throw Problem(.missingTopic, detail: "no topic in path or query", hint: "use /topics/a/b")
    }
    guard TopicName.isValid(topic) else {
      throw Problem(
        .topicInvalid, detail: "'\(topic)' is not a topic a message can have",
        hint: "GET /retained?filter= takes wildcards")
    }
    let accept = Accept(head.headers.values("Accept"))
    let json = accept.quality(of: MediaType.json)
    isEnvelope = json > accept.quality(of: "application/octet-stream")
    known = head.headers.list("If-None-Match").map(String.init)
    if !known.isEmpty { wait = Preferences(head.headers).wait }
  }

  private mutating func set(
    _ name: String, _ value: String, isTopicFree: Bool
  ) throws(Problem) {
    switch name {
    case "topic" where isTopicFree: topic = value
    case "encoding":
      guard let encoding = Representation.Encoding(rawValue: value) else {
        throw Problem(.badParameter, detail: "'encoding' must be auto, base64 or text")
      }
      self.encoding = encoding
    default:
      let names = isTopicFree ? ["topic"] + Self.names : Self.names
      throw Problem(
        .unknownParameter, detail: "there is no parameter '\(name)' here",
        hint: "the parameters are \(names.joined(separator: ", "))")
    }
  }

  /// The names and values of a query; a plus fills a whole level of a topic or stands for itself.
  static func parameters(_ query: Query) throws(Problem) -> [(name: String, value: String)] {
    var parameters: [(name: String, value: String)] = []
    for parameter in query.parameters {
      parameters.append((try parameter.decodedName(), try parameter.decodedValue(plus: .literal)))
    }
    return parameters
  }

  /// Whether the client has this value.
  func knows(_ value: TopicValue) -> Bool {
    guard !known.isEmpty else { return false }
    let tag = value.tag(isEnvelope: isEnvelope, encoding)
    // The comparison is the weak one. [RFC 9110, 13.1.2]
    return known.contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
  }

  /// The answer with this value, or without one where the client has it.
  func answer(_ value: TopicValue, at now: Int64) -> Response {
    var headers: HeaderFields = [
      "ETag": value.tag(isEnvelope: isEnvelope, encoding), "Cache-Control": "no-cache",
      "Vary": "Accept, Authorization, Cookie", "Bridge-Source": value.source.rawValue,
    ]
    if let time = value.time {
      headers.append("Last-Modified", HTTPDate.text(secondsSince1970: time / 1000))
      headers.append("Age", String(max(0, now - time) / 1000))
    }
    if let wait { headers.append("Preference-Applied", "wait=\(wait.components.seconds)") }
    guard !knows(value) else { return Response(status: 304, headers: headers) }
    guard !isEnvelope else { return .json(value.envelope(encoding), headers: headers) }
    return MessageAnswer.raw(value.publish, headers)
  }

  var missing: Problem {
    Problem(
      .noRetainedMessage, detail: "'\(topic)' has no retained message",
      hint: "topics under the setting last_value keep their last message, retained or not")
  }
}
