import HTTPFront
import JSONText
import MQTTClient

/// Reads a body that names its topic: a JSON object or a form.
enum PublishEnvelope {
  static func readJSON(_ body: [UInt8], _ draft: inout PublishDraft) throws(Problem) {
    try readJSON(FieldText.json(body), in: body, &draft)
  }

  /// Reads one envelope of a larger text, in which the places of the node lie.
  static func readJSON(
    _ node: JSONNode, in text: [UInt8], _ draft: inout PublishDraft
  ) throws(Problem) {
    guard case .object(let members) = node.value else {
      throw Problem(
        .badJSON, detail: "a message must be one JSON object",
        hint: #"for example {"topic":"a/b","payload":"21.5"}"#)
    }
    var payload: JSONNode?
    var encoding = "plain"
    for member in members {
      do throws(Problem) {
        switch member.name {
        case "payload": payload = member.node
        case "payload_encoding": encoding = try self.text(member)
        case "properties": try readProperties(member.node, &draft)
        case let name where name.hasPrefix("x_"): break
        default: try set(member, &draft)
        }
      } catch {
        throw error.at(Problem.pointer(member.name))
      }
    }
    do throws(Problem) {
      try setPayload(payload, encoding, text, &draft)
    } catch {
      throw error.at("/payload")
    }
  }

  static func readForm(_ body: [UInt8], _ draft: inout PublishDraft) throws(Problem) {
    for parameter in Query(raw: body).parameters {
      let name: String
      do throws(PercentDecodingError) {
        name = try parameter.name
      } catch {
        throw Problem(.badParameter, detail: "the form cannot be decoded: \(error)")
      }
      switch name {
      case "payload", "message", "data":
        try draft.claim("payload", .body)
        draft.payload = try bytes(parameter)
      case "topic", "qos", "retain", "idempotency_key":
        _ = try draft.set(name, text(parameter), .body)
      case let name where name.hasPrefix("x_"): break
      default:
        throw Problem(
          .unknownParameter, detail: "there is no form field '\(name)' here",
          hint: "a form has topic, payload (or message, or data), qos, retain and idempotency_key")
      }
    }
  }

  private static let outsideProperties = [
    "topic", "qos", "retain", "ack", "expires_in", "idempotency_key",
  ]

  private static func readProperties(
    _ node: JSONNode, _ draft: inout PublishDraft
  ) throws(Problem) {
    guard case .object(let members) = node.value else {
      throw Problem(.badParameter, detail: "'properties' must be an object")
    }
    for member in members where !member.name.hasPrefix("x_") {
      do throws(Problem) {
        guard !outsideProperties.contains(member.name) else {
          throw Problem(
            .badParameter, detail: "'\(member.name)' does not belong into 'properties'")
        }
        try set(member, &draft)
      } catch {
        throw error.at("/properties" + Problem.pointer(member.name))
      }
    }
  }

  private static func set(_ member: JSONMember, _ draft: inout PublishDraft) throws(Problem) {
    if member.name == "user_properties" {
      try draft.claim("user_properties", .body)
      return try draft.setUserProperties(member.node)
    }
    guard try draft.set(member.name, text(member), .body) else {
      throw Problem(
        .unknownParameter, detail: "there is no field '\(member.name)' here",
        hint: "names that begin with x_ are ignored")
    }
  }

  /// The fields that are text; a number or a flag there is a slip.
  private static let textFields: Set = [
    "topic", "payload_encoding", "ack", "idempotency_key", "content_type", "response_topic",
    "correlation_data",
  ]

  private static func text(_ member: JSONMember) throws(Problem) -> String {
    switch member.node.value {
    case .string(let text): return text
    case .number(let text) where !textFields.contains(member.name): return text
    case .bool(let value) where !textFields.contains(member.name): return value ? "true" : "false"
    case .null, .array, .object, .number, .bool:
      throw Problem(.badParameter, detail: "'\(member.name)' has a value of the wrong kind")
    }
  }

  /// A string is its UTF-8 bytes; any other value is its exact source text.
  private static func setPayload(
    _ node: JSONNode?, _ encoding: String, _ body: [UInt8], _ draft: inout PublishDraft
  ) throws(Problem) {
    guard encoding == "plain" || encoding == "base64" else {
      throw Problem(.badParameter, detail: "'payload_encoding' must be plain or base64")
    }
    guard let node, !node.isNull else { return }
    if case .string(let text) = node.value {
      draft.payload =
        encoding == "base64" ? try FieldText.base64("payload", text) : Array(text.utf8)
      return
    }
    guard encoding == "plain" else {
      throw Problem(.badBase64, detail: "a base64 payload must be a string")
    }
    draft.payload = Array(body[node.range])
    if !draft.isGiven("content_type") { draft.properties.contentType = MediaType.json }
  }

  private static func text(_ parameter: Query.Parameter) throws(Problem) -> String {
    do throws(PercentDecodingError) {
      return try parameter.value(plus: .space)
    } catch {
      throw Problem(.badParameter, detail: "the form cannot be decoded: \(error)")
    }
  }

  private static func bytes(_ parameter: Query.Parameter) throws(Problem) -> [UInt8] {
    do throws(PercentDecodingError) {
      return try PercentDecoding.decodeBytes(parameter.rawValue, plus: .space)
    } catch {
      throw Problem(.badParameter, detail: "the form cannot be decoded: \(error)")
    }
  }
}
