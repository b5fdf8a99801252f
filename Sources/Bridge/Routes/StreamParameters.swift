import HTTPFront
import MQTTClient

/// What a route that reads messages is asked for: `/subscribe` and `GET /history`.
struct StreamParameters: Equatable {
  enum Retained: String { case send, new, ignore }

  /// The names that a parameter can have.
  enum Field: String, CaseIterable {
    case topic, filter, match, qos, retained, envelope, encoding, event, heartbeat, format
    case since, rewind, policy
    case lastEventID = "last_event_id"
    case rateMaximum = "max_rate"
    case until, limit, cursor
    case subscription, takeover
    case acknowledgesWrites = "auto_ack"
    case poll, wait
    case heartbeatStyle = "heartbeat_style"
    case ticket, soft

    /// What `/subscribe` takes.
    static let stream = Set(allCases).subtracting([.until, .cursor])
    /// What a WebSocket takes.
    static let socket: Set<Self> = [
      .topic, .filter, .match, .qos, .retained, .envelope, .encoding, .since, .rewind, .lastEventID,
      .policy, .rateMaximum, .subscription, .takeover, .acknowledgesWrites,
    ]
    /// What `GET /history` takes.
    static let history: Set<Self> = [
      .topic, .filter, .match, .encoding, .since, .until, .limit, .cursor,
    ]
  }

  var filters: [TopicFilter] = []
  var maximumQoS = QoS.atLeastOnce
  /// Of the filters that have one of their own.
  var qosOfFilter: [TopicFilter: QoS] = [:]
  var highestQoS: QoS { qosOfFilter.values.reduce(maximumQoS, max) }
  var retained = Retained.send
  var representation = Representation()
  /// In seconds.
  var heartbeat: Int?
  /// Whether heartbeats of lines are events, for readers that cannot take an empty line.
  var heartbeatIsEvent = false
  var start = StreamStartFields()
  var policy = OverflowPolicy.catchup
  /// Messages per second.
  var rateMaximum: Int?

  /// Whether a refusal for now comes as a short stream, after which browsers try again.
  var isSoft = false
  /// The named subscription that is consumed instead of topics.
  var subscription: String?
  var takeover = false
  var acknowledgesWrites = false
  /// Nil lets the headers choose.
  var format: StreamFormat?
  /// Whether it is a poll, where that is said.
  var isPoll: Bool?
  /// How long a poll waits, in seconds, where the query says so.
  var wait: Int?
  /// The fields of a page of history or of a poll, as they were given.
  var page: [Field: String] = [:]
  /// Every field beside the filters that was given.
  private(set) var given: Set<Field> = []

  /// The longest that a poll waits, in seconds.
  static let waitMaximum = 60

  func qos(of filter: TopicFilter) -> QoS { qosOfFilter[filter] ?? maximumQoS }

  init(
    _ query: Query, fields: Set<Field> = Field.stream, topicsMaximum: Int
  ) throws(Problem) {
    try self.init(
      GivenField.fields(of: query), fields: fields, topicsMaximum: topicsMaximum)
  }

  init(
    _ all: [GivenField], fields: Set<Field> = Field.stream, topicsMaximum: Int
  ) throws(Problem) {
    var texts: [(text: String, qos: QoS?)] = []
    var isGlob = false
    for entry in all where !entry.name.hasPrefix("x_") {
      let name = entry.name
      let field = try Self.field(name, of: fields)
      if field == .topic || field == .filter {
        texts.append((try entry.text(plus: .topicFilter), entry.qos))
        continue
      }
      guard given.insert(field).inserted else {
        throw Problem(.badParameter, detail: "'\(name)' is given twice")
      }
      let value = try entry.text(plus: .space)
      if field == .match {
        isGlob = try Self.choice(name, value, ["mqtt", "glob"]) == "glob"
      } else {
        try set(field, value)
      }
    }
    if subscription != nil {
      try checkSubscription(hasTopics: !texts.isEmpty)
    } else {
      try setFilters(texts, isGlob: isGlob, topicsMaximum)
    }
    if rateMaximum != nil, policy == .disconnect || policy == .dropOldest {
      throw Problem(
        .badParameter, detail: "'max_rate' goes with the policies catchup and conflate",
        hint: "with conflate each topic's newest message is sent, with catchup all of them")
    }
  }

  private mutating func set(_ field: Field, _ value: String) throws(Problem) {
    let name = field.rawValue
    switch field {
    // A ticket is looked at before anything else.
    case .topic, .filter, .match, .ticket: break
    case .soft: isSoft = try FieldText.flag(name, value)
    case .qos: maximumQoS = try FieldText.qos(value)
    case .retained:
      let choice = try Self.choice(name, value, ["send", "new", "ignore"])
      retained = Retained(rawValue: choice) ?? .send
    case .envelope:
      let choice = try Self.choice(name, value, ["json", "none"])
      representation.envelope = choice == "none" ? .none : .json
    case .encoding:
      let choice = try Self.choice(name, value, ["auto", "base64", "text"])
      representation.encoding = Representation.Encoding(rawValue: choice) ?? .auto
    case .event: representation.event = try Self.event(value)
    case .heartbeat: heartbeat = try FieldText.number(name, value, 5...55)
    case .heartbeatStyle:
      heartbeatIsEvent = try Self.choice(name, value, ["line", "event"]) == "event"
    case .format:
      let choice = try Self.choice(name, value, StreamFormat.allCases.map(\.rawValue))
      format = StreamFormat(rawValue: choice)
    case .poll: isPoll = try FieldText.flag(name, value)
    case .wait: wait = try FieldText.number(name, value, 0...Self.waitMaximum)
    case .until, .limit, .cursor: page[field] = value
    case .subscription: subscription = value
    case .takeover: takeover = try FieldText.flag(name, value)
    case .acknowledgesWrites: acknowledgesWrites = try FieldText.flag(name, value)
    case .since: start.set(since: value)
    case .rewind: try start.set(rewind: value)
    case .lastEventID: start.set(lastEventID: value)
    case .policy:
      let choice = try Self.choice(name, value, OverflowPolicy.allCases.map(\.rawValue))
      policy = OverflowPolicy(rawValue: choice) ?? .catchup
    case .rateMaximum: rateMaximum = try FieldText.number(name, value, 1...10_000)
    }
  }

  /// A named subscription has its topics and its place in the log already.
  private func checkSubscription(hasTopics: Bool) throws(Problem) {
    let others: Set<Field> = [.match, .qos, .retained, .since, .rewind, .lastEventID, .policy]
    guard !hasTopics, given.isDisjoint(with: others) else {
      throw Problem(
        .badParameter, detail: "'subscription' stands alone: it has its topics and its cursor",
        hint: "only takeover, auto_ack, max_rate, heartbeat and what shapes events go with it")
    }
  }

  private mutating func setFilters(
    _ texts: [(text: String, qos: QoS?)], isGlob: Bool, _ topicsMaximum: Int
  ) throws(Problem) {
    guard !texts.isEmpty else {
      throw Problem(
        .missingTopic, detail: "no topic filter given",
        hint: "for example /subscribe?topic=sensors/%23, where %23 stands for #")
    }
    for (text, qos) in texts {
      let text = isGlob ? Self.mqtt(fromGlob: text) : text
      do throws(TopicFilter.Invalid) {
        let filter = try TopicFilter(text)
        if !filters.contains(filter) { filters.append(filter) }
        if let qos { qosOfFilter[filter] = max(qos, qosOfFilter[filter] ?? qos) }
      } catch {
        throw Problem(
          .filterInvalid, detail: "'\(text)' is not a topic filter: \(error)",
          hint: "+ fills a whole level; # too, and only the last one")
      }
    }
    guard filters.count <= topicsMaximum else {
      throw Problem(
        .tooManySubscriptions, detail: "a stream has at most \(topicsMaximum) topic filters")
    }
  }

  /// `*` is one level, `**` is all that follow.
  private static func mqtt(fromGlob text: String) -> String {
    text.split(separator: "/", omittingEmptySubsequences: false)
      .map { $0 == "*" ? "+" : $0 == "**" ? "#" : $0 }
      .joined(separator: "/")
  }

  private static func event(_ value: String) throws(Problem) -> Representation.EventName {
    switch value {
    case "message": return .message
    case "topic": return .topic
    default:
      guard !value.isEmpty, value.utf8.count <= 64, !value.contains(where: \.isNewline),
        !value.utf8.starts(with: "bridge.".utf8)
      else {
        throw Problem(
          .badParameter, detail: "'event' must be message, topic, or a name of at most 64 bytes",
          hint: "names that begin with bridge. are reserved")
      }
      return .fixed(value)
    }
  }

  private static func choice(
    _ name: String, _ value: String, _ choices: [String]
  ) throws(Problem) -> String {
    guard choices.contains(value) else {
      throw Problem(
        .badParameter, detail: "'\(name)' must be one of: \(choices.joined(separator: ", "))")
    }
    return value
  }

  private static func field(
    _ name: String, of fields: Set<Field>
  ) throws(Problem) -> Field {
    guard let field = Field(rawValue: name), fields.contains(field) else {
      let known = Field.allCases.filter { fields.contains($0) }
      let names = known.map(\.rawValue).joined(separator: ", ")
      throw Problem(
        .unknownParameter, detail: "there is no parameter '\(name)' here",
        hint: "the parameters are \(names)")
    }
    return field
  }
}
