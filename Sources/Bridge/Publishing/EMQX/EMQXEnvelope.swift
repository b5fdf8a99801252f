import HTTPFront
import JSONText
import MQTTClient

/// Reads messages as EMQX 5 takes them.
///
/// The names are those of our own envelope, which took them from there. Different are the defaults
/// (QoS 0, a payload is required and is a string), and that `correlation_data` is plain text.
enum EMQXEnvelope {
  static func batch(
    _ request: Request, isBulk: Bool, itemsMax: Int = BatchLimits().items
  ) throws(Problem) -> PublishBatch {
    var batch = PublishBatch()
    batch.isAtomic = false
    let node = try FieldText.json(request.body)
    guard isBulk else {
      let draft = try message(node)
      batch.items = [.success(draft)]
      return batch
    }
    guard case .array(let nodes) = node.value else {
      throw Problem(.badJSON, detail: "the body must be an array of messages")
    }
    guard !nodes.isEmpty else { throw Problem(.emptyBatch, detail: "empty_batch") }
    guard nodes.count <= itemsMax else {
      throw Problem(.batchTooLarge, detail: "a batch has at most \(itemsMax) messages")
    }
    for node in nodes { batch.items.append(.success(try message(node))) }
    return batch
  }

  private static func message(_ node: JSONNode) throws(Problem) -> PublishDraft {
    guard case .object(let members) = node.value else {
      throw Problem(.badJSON, detail: "a message must be an object")
    }
    var draft = PublishDraft()
    draft.qos = .atMostOnce
    var payload: String?
    var isBase64 = false
    for member in members {
      switch member.name {
      case "payload": payload = try string(member)
      case "payload_encoding": isBase64 = try encoding(member)
      case "topic": draft.topic = try string(member)
      case "qos", "retain": _ = try draft.set(member.name, scalar(member), .body)
      case "properties": try readProperties(member, &draft)
      // Of no use since EMQX 5.0.14, and still sent.
      case "clientid": break
      default: throw Problem(.unknownParameter, detail: "unknown_fields: \(member.name)")
      }
    }
    guard draft.topic != nil else { throw Problem(.missingTopic, detail: "topic is required") }
    guard let payload else { throw Problem(.badParameter, detail: "payload is required") }
    draft.payload = isBase64 ? try FieldText.base64("payload", payload) : Array(payload.utf8)
    return draft
  }

  private static func readProperties(
    _ member: JSONMember, _ draft: inout PublishDraft
  ) throws(Problem) {
    guard case .object(let members) = member.node.value else {
      throw Problem(.badParameter, detail: "properties must be an object")
    }
    for member in members {
      switch member.name {
      case "user_properties": try draft.setUserProperties(member.node)
      case "correlation_data":
        let text = try string(member)
        _ = try draft.set("correlation_data", Base64.encode(Array(text.utf8)[...]), .body)
      case "response_topic", "content_type":
        _ = try draft.set(member.name, string(member), .body)
      case "payload_format_indicator", "message_expiry_interval":
        _ = try draft.set(member.name, scalar(member), .body)
      default: throw Problem(.unknownParameter, detail: "unknown_fields: \(member.name)")
      }
    }
  }

  private static func encoding(_ member: JSONMember) throws(Problem) -> Bool {
    switch try string(member) {
    case "plain": return false
    case "base64": return true
    default: throw Problem(.badParameter, detail: "payload_encoding must be plain or base64")
    }
  }

  private static func string(_ member: JSONMember) throws(Problem) -> String {
    guard case .string(let text) = member.node.value else {
      throw Problem(.badParameter, detail: "\(member.name) must be a string")
    }
    return text
  }

  private static func scalar(_ member: JSONMember) throws(Problem) -> String {
    switch member.node.value {
    case .string(let text), .number(let text): return text
    case .bool(let value): return value ? "true" : "false"
    case .null, .array, .object:
      throw Problem(.badParameter, detail: "\(member.name) has a value of the wrong kind")
    }
  }
}
