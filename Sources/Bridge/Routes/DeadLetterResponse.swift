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
      if letter.owner == nil, let properties = StoredMessage.decode(letter.body)?.properties,
        let json = EnvelopeProperties.json(properties)
      {
        document.append(.init("properties", json))
      }
      return .json(.object(document), headers: noStore)
    case .retried, .handedOver: return Response(status: 202)
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

  /// The answer to a retry of what a webhook could not deliver.
  static func make(_ admission: BridgeWebhooks.RetryAdmission) throws(Problem) -> Response {
    switch admission {
    case .accepted: return Response(status: 202)
    case .full:
      throw Problem(
        .queueFull, detail: "as many dead letters as can be are on their way already",
        headers: ["Retry-After": "1"])
    case .unknown(let name):
      throw Problem(
        .messageUnknown, detail: "the webhook '\(name)' of this dead letter is not configured")
    }
  }

  static let unknown = Problem(.messageUnknown, detail: "there is no such dead letter")

  private static func members(_ letter: DeadLetter, previewBytes: Int) -> [JSONValue.Member] {
    if let owner = letter.owner { return webhook(letter, owner, previewBytes: previewBytes) }
    let outcome = MessageOutcome(read: letter.outcome)
    var members: [JSONValue.Member] = [
      .init("id", .string(MessageID(letter.id).description)),
      .init("kind", .string("publish")),
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
    if let message { members += preview(message.payload, bytes: previewBytes) }
    return members
  }

  /// What a webhook could not deliver: the body of its request stands for the payload.
  private static func webhook(
    _ letter: DeadLetter, _ owner: String, previewBytes: Int
  ) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("id", .string(MessageID(letter.id).description)),
      .init("kind", .string("webhook")),
      .init("webhook", .string(WebhookName(row: owner)?.text ?? owner)),
    ]
    let parcel = WebhookParcel(letter.body)
    if let parcel {
      let topics = parcel.events.map(\.topic)
      members.append(.init("topic", .string(topics.first ?? "")))
      if Set(topics).count > 1 {
        members.append(.init("topics", .array(topics.map { .string($0) })))
      }
      members += [
        .init("events", .array(parcel.events.map { .string($0.id) })),
        .init("payload_bytes", .integer(parcel.body.count)),
      ]
    }
    if letter.outcome.code > 0 {
      members.append(.init("status", .integer(Int(letter.outcome.code))))
    }
    members += [
      .init("reason", .string(String(decoding: letter.outcome.detail, as: UTF8.self))),
      .init("stored_at", .string(Timestamp(milliseconds: letter.storedAt).description)),
      .init("died_at", .string(Timestamp(milliseconds: letter.diedAt).description)),
    ]
    if let parcel { members += preview(parcel.body[...], bytes: previewBytes) }
    return members
  }

  private static func preview(_ payload: ArraySlice<UInt8>, bytes: Int) -> [JSONValue.Member] {
    guard bytes > 0 else { return [] }
    let beginning = payload.prefix(bytes)
    if let text = String(validating: beginning, as: UTF8.self) {
      return [.init("payload", .string(text))]
    }
    return [
      .init("payload", .string(Base64.encode(beginning))),
      .init("payload_encoding", .string("base64")),
    ]
  }
}
