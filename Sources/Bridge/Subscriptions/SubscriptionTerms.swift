import HTTPFront
import JSONText
import MQTTClient

/// What a named subscription is: set by `PUT /subscriptions/{name}`, kept in the store.
struct SubscriptionTerms: Equatable, Sendable {
  var filters: [TopicFilter]
  var maximumQoS = QoS.exactlyOnce
  /// How long messages are kept for it that it has not acknowledged.
  var maximumAge = Duration.seconds(7 * 86_400)
  /// Whether its consumers divide the messages among them.
  var isShared = false

  static let nameBytesMax = 128
  static let filtersMax = 64

  /// Letters, digits, dot, hyphen and underscore.
  static func isName(_ text: String) -> Bool {
    (1...nameBytesMax).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }

  /// As requests give it and the store keeps it.
  var members: [JSONValue.Member] {
    [
      .init("topics", .array(filters.map { .string($0.text) })),
      .init("qos", .integer(Int(maximumQoS.rawValue))),
      .init("max_age", .string(maximumAge.settingText)),
      .init("shared", .boolean(isShared)),
    ]
  }
}

/// Who made it stands beside the terms in the store, under a name that requests cannot use.
extension SubscriptionTerms {
  private static let ownerName = "x_owner"

  func stored(owner: String) -> [UInt8] {
    let added: [JSONValue.Member] =
      owner.isEmpty ? [] : [.init(Self.ownerName, .string(owner))]
    return JSONValue.object(members + added).encoded
  }

  static func owner(in stored: [UInt8]) -> String {
    guard case .object(let members)? = try? FieldText.json(stored).value,
      case .string(let owner)? = members.first(where: { $0.name == ownerName })?.node.value
    else { return "" }
    return owner
  }
}

extension SubscriptionTerms {
  /// Reads the body of a request, or what the store kept.
  init(_ body: [UInt8]) throws(Problem) {
    guard case .object(let members) = try FieldText.json(body).value else {
      throw Problem(
        .badJSON, detail: "the body must be one JSON object", hint: #"{"topics":["orders/#"]}"#)
    }
    self.init(filters: [])
    for member in members {
      switch member.name {
      case "topics": filters = try Self.filters(member.node)
      case "qos": maximumQoS = try FieldText.qos(Self.text(member))
      case "max_age": maximumAge = try Self.age(Self.text(member))
      case "shared": isShared = try FieldText.flag("shared", Self.text(member))
      case let name where name.hasPrefix("x_"): break
      default:
        throw Problem(
          .unknownParameter, detail: "there is no field '\(member.name)' here",
          hint: "the fields are topics, qos, max_age and shared")
      }
    }
    guard !filters.isEmpty else {
      throw Problem(.missingTopic, detail: "no topic filter given", hint: #""topics":["orders/#"]"#)
    }
  }

  private static func filters(_ node: JSONNode) throws(Problem) -> [TopicFilter] {
    guard case .array(let elements) = node.value, elements.count <= filtersMax else {
      throw Problem(
        .badParameter, detail: "'topics' must be an array of at most \(filtersMax) filters")
    }
    var filters: [TopicFilter] = []
    for element in elements {
      guard case .string(let text) = element.value else {
        throw Problem(.badParameter, detail: "'topics' must be an array of strings")
      }
      guard let filter = try? TopicFilter(text), !filter.isShared else {
        throw Problem(
          .filterInvalid, detail: "'\(text)' is not a filter for a named subscription",
          hint: "shared: true divides messages among consumers; $share is not needed")
      }
      if !filters.contains(filter) { filters.append(filter) }
    }
    return filters
  }

  private static func age(_ text: String) throws(Problem) -> Duration {
    guard let age = try? Duration(settingText: text), age >= .seconds(1),
      age <= .seconds(3650 * 86_400)
    else {
      throw Problem(
        .badParameter, detail: "'max_age' must be a time from 1s to 3650d", hint: "such as 7d")
    }
    return age
  }

  private static func text(_ member: JSONMember) throws(Problem) -> String {
    switch member.node.value {
    case .string(let text), .number(let text): return text
    case .bool(let value): return value ? "true" : "false"
    case .null, .array, .object:
      throw Problem(.badParameter, detail: "'\(member.name)' has a value of the wrong kind")
    }
  }
}
