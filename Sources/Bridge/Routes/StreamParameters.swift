import HTTPFront
import MQTTClient

/// The query of `GET /subscribe`.
struct StreamParameters: Equatable {
  enum Retained: String { case send, new, ignore }

  /// The names that a parameter can have.
  enum Field: String, CaseIterable {
    case topic, filter, match, qos, retained, envelope, encoding, event, heartbeat, format
  }

  var filters: [TopicFilter] = []
  var maximumQoS = QoS.atLeastOnce
  var retained = Retained.send
  var representation = Representation()
  /// In seconds.
  var heartbeat: Int?

  init(_ query: Query, topicsMaximum: Int) throws(Problem) {
    var texts: [String] = []
    var isGlob = false
    var given: Set<Field> = []
    for parameter in query.parameters {
      let name = try Self.name(parameter)
      if name.hasPrefix("x_") { continue }
      let field = try Self.field(name)
      if field == .topic || field == .filter {
        texts.append(try Self.value(parameter, .topicFilter))
        continue
      }
      guard given.insert(field).inserted else {
        throw Problem(.badParameter, detail: "'\(name)' is given twice")
      }
      let value = try Self.value(parameter, .space)
      if field == .match {
        isGlob = try Self.choice(name, value, ["mqtt", "glob"]) == "glob"
      } else {
        try set(field, value)
      }
    }
    try setFilters(texts, isGlob: isGlob, topicsMaximum)
  }

  private mutating func set(_ field: Field, _ value: String) throws(Problem) {
    let name = field.rawValue
    switch field {
    case .topic, .filter, .match: break
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
    case .format: _ = try Self.choice(name, value, ["sse"])
    }
  }

  private mutating func setFilters(
    _ texts: [String], isGlob: Bool, _ topicsMaximum: Int
  ) throws(Problem) {
    guard !texts.isEmpty else {
      throw Problem(
        .missingTopic, detail: "no topic filter given",
        hint: "for example /subscribe?topic=sensors/%23, where %23 stands for #")
    }
    for text in texts {
      let text = isGlob ? Self.mqtt(fromGlob: text) : text
      do throws(TopicFilter.Invalid) {
        let filter = try TopicFilter(text)
        if !filters.contains(filter) { filters.append(filter) }
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
        !value.hasPrefix("bridge.")
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

  private static func field(_ name: String) throws(Problem) -> Field {
    guard let field = Field(rawValue: name) else {
      let names = Field.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(
        .unknownParameter, detail: "there is no parameter '\(name)' here",
        hint: "the parameters are \(names)")
    }
    return field
  }

  private static func name(_ parameter: Query.Parameter) throws(Problem) -> String {
    do throws(PercentDecodingError) {
      return try parameter.name
    } catch {
      throw Problem(.badParameter, detail: "the query cannot be decoded: \(error)")
    }
  }

  private static func value(
    _ parameter: Query.Parameter, _ plus: PercentDecoding.Plus
  ) throws(Problem) -> String {
    do throws(PercentDecodingError) {
      return try parameter.value(plus: plus)
    } catch {
      throw Problem(.badParameter, detail: "the query cannot be decoded: \(error)")
    }
  }
}
