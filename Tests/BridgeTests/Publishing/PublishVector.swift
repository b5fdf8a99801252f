import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

/// A publish request, and what must be read from it.
struct PublishVector: Sendable, CustomTestStringConvertible {
  /// The draft, field by field; a fresh one holds nothing.
  struct Fields: Equatable, Sendable {
    var topic: String?
    var payload: [UInt8] = []
    var qos: QoS?
    var retain: Bool?
    var properties = Publish.Properties()
    var acknowledgement: AckLevel?
    var expiresIn: Int?
    var idempotencyKey: String?
    var needsMQTT5 = false
  }

  enum Expected: Sendable {
    case fields(Fields)
    case problem(ProblemCode)
  }

  let target: String
  var headers: HeaderFields
  var body: [UInt8]
  var pathTopic: String?
  let expected: Expected

  var testDescription: String {
    "\(target) \(headers.fields) \(String(decoding: body, as: UTF8.self))"
  }

  var request: Request { .publish(target, headers, body) }

  static func reads(
    _ target: String, _ headers: HeaderFields = [:], _ body: String = "", path: String? = nil,
    _ topic: String = "t", _ payload: String = "", _ fill: (inout Fields) -> Void = { _ in }
  ) -> Self {
    var fields = Fields(topic: topic, payload: Array(payload.utf8))
    fill(&fields)
    return Self(
      target: target, headers: headers, body: Array(body.utf8), pathTopic: path,
      expected: .fields(fields))
  }

  static func refuses(
    _ code: ProblemCode, _ target: String, _ headers: HeaderFields = [:], _ body: String = "",
    path: String? = nil
  ) -> Self {
    Self(
      target: target, headers: headers, body: Array(body.utf8), pathTopic: path,
      expected: .problem(code))
  }

  /// A JSON body without a topic elsewhere.
  static func json(
    _ body: String, _ topic: String = "t", _ payload: String = "",
    _ fill: (inout Fields) -> Void = { _ in }
  ) -> Self {
    reads("/publish", ["Content-Type": "application/json"], body, topic, payload, fill)
  }

  static func refusesJSON(_ code: ProblemCode, _ body: String) -> Self {
    refuses(code, "/publish", ["Content-Type": "application/json"], body)
  }

  static func form(
    _ body: String, _ topic: String = "t", _ payload: String = "",
    _ fill: (inout Fields) -> Void = { _ in }
  ) -> Self {
    reads(
      "/publish", ["Content-Type": "application/x-www-form-urlencoded"], body, topic, payload, fill)
  }

  static func refusesForm(_ code: ProblemCode, _ body: String) -> Self {
    refuses(code, "/publish", ["Content-Type": "application/x-www-form-urlencoded"], body)
  }
}

extension PublishVector.Fields {
  init(_ draft: PublishDraft) {
    topic = draft.topic
    payload = draft.payload
    qos = draft.qos
    retain = draft.retain
    properties = draft.properties
    acknowledgement = draft.acknowledgement
    expiresIn = draft.expiresIn
    idempotencyKey = draft.idempotencyKey
    needsMQTT5 = draft.needsMQTT5
  }

  mutating func properties(_ fill: (inout Publish.Properties) -> Void) {
    fill(&properties)
    needsMQTT5 = true
  }
}

extension Request {
  static func publish(_ target: String, _ headers: HeaderFields = [:], _ body: [UInt8] = []) -> Self
  {
    Request(
      head: RequestHead(method: "POST", target: target, headers: headers), body: body,
      id: RequestID(shard: 0, serial: 1), arrivedAt: .zero)
  }
}
