import HTTPFront
import MQTTClient
import Store

/// The HTTP answer to a request about dead letters.
enum DeadLetterResponse {
  static func make(
    _ answer: DeadLetterAnswer, previewBytes: Int
  ) throws(Problem) -> Response {
    let noStore: HeaderFields = ["Cache-Control": "no-store"]
    switch answer {
    case .page(let letters, let next):
      let list = letters.map { JSONValue.object(members($0, previewBytes: previewBytes)) }
      var page: [JSONValue.Member] = [.init("dead_letters", .array(list))]
      if let next { page.append(.init("next_cursor", .string(String(next)))) }
      return .json(.object(page), headers: noStore)
    case .found(let letter):
      var document = members(letter, previewBytes: previewBytes)
      if let properties = StoredMessage.decode(letter.body)?.properties,
        let json = EnvelopeProperties.json(properties)
      {
        document.append(.init("properties", json))
      }
      return .json(.object(document), headers: noStore)
    case .retried: return Response(status: 202)
    case .deleted: return Response(status: 204)
    case .unknown: throw unknown
    case .full:
      throw Problem(
        .queueFull, detail: "the outbox has no room for it", headers: ["Retry-After": "1"])
    case .failed(.diskFull): throw Problem(.diskFull)
    case .failed(let error):
      throw Problem(.storeBusy, detail: "\(error)", headers: ["Retry-After": "1"])
    }
  }

  static let unknown = Problem(.messageUnknown, detail: "there is no such dead letter")

  private static func members(_ letter: DeadLetter, previewBytes: Int) -> [JSONValue.Member] {
    let outcome = MessageOutcome(read: letter.outcome)
    var members: [JSONValue.Member] = [
      .init("id", .string(MessageID(letter.id).description))
    ]
    let message = StoredMessage.decode(letter.body)
    if let message {
      members += [
        .init("topic", .string(message.topic)),
        .init("qos", .integer(Int(message.qos.rawValue))),
        .init("retain", .boolean(message.isRetained)),
        .init("payload_bytes", .integer(message.payload.count)),
      ]
    }
    members += PublishResponse.acknowledgement(outcome)
    members += [
      .init("delivery", .string(outcome.isUncertain ? "uncertain" : "exact")),
      .init("stored_at", .string(Timestamp(milliseconds: letter.storedAt).description)),
      .init("died_at", .string(Timestamp(milliseconds: letter.diedAt).description)),
    ]
    if let message, previewBytes > 0 {
      let payload = message.payload.prefix(previewBytes)
      if let text = String(validating: payload, as: UTF8.self) {
        members.append(.init("payload", .string(text)))
      } else {
        members.append(.init("payload", .string(Base64.encode(payload))))
        members.append(.init("payload_encoding", .string("base64")))
      }
    }
    return members
  }
}
