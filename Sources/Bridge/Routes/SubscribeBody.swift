import HTTPFront
import JSONText
import MQTTClient

/// What the body of `POST` and `QUERY /subscribe` says: the parameters of `GET /subscribe`.
enum SubscribeBody {
  static let bytesMax = 64 * 1024
  /// The media types of a body, as `Accept-Query` tells them.
  static let mediaTypes = "\(MediaType.json), \(MediaType.form)"

  /// The fields of a body; none of an empty one.
  static func fields(_ request: Request) throws(Problem) -> [GivenField] {
    guard !request.body.isEmpty else { return [] }
    switch request.head.headers["Content-Type"].map(MediaType.init)?.essence {
    case MediaType.json: return try fields(FieldText.json(request.body))
    case MediaType.form: return try GivenField.fields(of: Query(raw: request.body))
    case let type:
      throw Problem(
        .unsupportedMediaType,
        detail: "a body of type \(type ?? "nothing") says nothing about topics",
        hint: #"send application/json such as {"topics":["a/#"]}, or a form"#,
        headers: ["Accept-Query": mediaTypes])
    }
  }

  private static func fields(_ node: JSONNode) throws(Problem) -> [GivenField] {
    guard case .object(let members) = node.value else {
      throw Problem(
        .badJSON, detail: "the body must be one JSON object", hint: #"{"topics":["a/#"]}"#)
    }
    return try fields(members)
  }

  /// The fields of a JSON object that stand among these members.
  static func fields(_ members: [JSONMember]) throws(Problem) -> [GivenField] {
    var fields: [GivenField] = []
    for member in members {
      switch member.node.value {
      case .array(let elements) where member.name == "topics":
        for element in elements {
          fields.append(GivenField(name: "topic", value: try filter(element)))
        }
      case .string(let text), .number(let text):
        fields.append(GivenField(name: member.name, value: .text(text)))
      case .bool(let value):
        fields.append(GivenField(name: member.name, value: .text(value ? "true" : "false")))
      case _ where member.name.hasPrefix("x_"): break
      case .null, .array, .object:
        throw Problem(
          .badParameter, detail: "'\(member.name)' has a value of the wrong kind",
          hint: #"topics is an array; every other field is a string, a number or a boolean"#
        ).at(Problem.pointer(member.name))
      }
    }
    return fields
  }

  /// `"a/#"` or `{"topic":"a/#","qos":2}`.
  private static func filter(_ node: JSONNode) throws(Problem) -> GivenField.Value {
    switch node.value {
    case .string(let text): return .filter(text, nil)
    case .object(let members):
      var filter: String?
      var qos: QoS?
      for member in members where !member.name.hasPrefix("x_") {
        switch (member.name, member.node.value) {
        case ("topic", .string(let text)), ("filter", .string(let text)):
          guard filter == nil else {
            throw Problem(.badParameter, detail: "a filter has 'topic' or 'filter', not both")
          }
          filter = text
        case ("qos", .number(let text)): qos = try FieldText.qos(text)
        default:
          throw Problem(
            .unknownParameter, detail: "'\(member.name)' cannot be understood in a filter",
            hint: #"such as {"topic":"a/#","qos":2}"#)
        }
      }
      guard let filter else { throw Problem(.missingTopic, detail: "a filter has no 'topic'") }
      return .filter(filter, qos)
    default:
      throw Problem(
        .badParameter, detail: "'topics' must be an array of filters",
        hint: #"each a string, or such as {"topic":"a/#","qos":2}"#)
    }
  }
}
