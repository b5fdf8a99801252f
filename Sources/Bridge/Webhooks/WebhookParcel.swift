import HTTPClient
import MQTTClient
import Store
import Webhooks

/// The content of one request: some events, and what they become.
struct WebhookParcel: Equatable, Sendable {
  struct Event: Equatable, Sendable {
    let id: String
    let topic: String
  }

  var events: [Event]
  var contentType: String
  var fields: [OutgoingRequest.Field]
  var body: [UInt8]

  /// Names the first and the last event.
  var eventIDs: String {
    guard let first = events.first, let last = events.last else { return "" }
    return events.count == 1 ? first.id : "\(first.id)..\(last.id)"
  }

  /// The same for the same events of a webhook, whenever they are sent.
  func key(of webhook: String) throws(CryptographyError) -> [UInt8] {
    let text = ([webhook] + events.map(\.id)).joined(separator: "\n")
    return Array(try Cryptography.sha256(text.utf8).prefix(16))
  }
}

extension WebhookParcel {
  /// Puts events together; several only where the body is a batch.
  init(_ events: [WebhookEvent], _ body: WebhookConfiguration.Body) {
    self.events = events.map { Event(id: $0.id, topic: $0.topic) }
    fields = []
    switch body {
    case .envelope, .payload:
      self.body = events.first?.content ?? []
      contentType = events.first?.contentType ?? "application/octet-stream"
      fields = events.first?.fields ?? []
    case .array:
      self.body = [UInt8(ascii: "[")]
      for (index, event) in events.enumerated() {
        if index > 0 { self.body.append(UInt8(ascii: ",")) }
        self.body += event.content
      }
      self.body.append(UInt8(ascii: "]"))
      contentType = "application/json"
    case .ndjson:
      self.body = events.flatMap { $0.content + [UInt8(ascii: "\n")] }
      contentType = "application/x-ndjson"
    }
  }
}

/// The parcel as a dead letter keeps it.
///
/// To change the format, give it a new version byte and read both.
extension WebhookParcel {
  private static let version: UInt8 = 1

  var encoded: [UInt8] {
    var bytes = [Self.version]
    func append(_ text: String) {
      append(UInt32(text.utf8.count))
      bytes += text.utf8
    }
    func append(_ number: UInt32) {
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    append(contentType)
    append(UInt32(events.count))
    for event in events {
      append(event.id)
      append(event.topic)
    }
    append(UInt32(fields.count))
    for field in fields {
      append(field.name)
      append(field.value)
    }
    return bytes + body
  }

  /// Nil when the bytes are not what `encoded` wrote.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    guard rest.popFirst() == Self.version, let type = Self.text(&rest),
      let eventCount = Self.number(&rest), eventCount <= rest.count
    else { return nil }
    events = []
    for _ in 0..<eventCount {
      guard let id = Self.text(&rest), let topic = Self.text(&rest) else { return nil }
      events.append(Event(id: id, topic: topic))
    }
    guard let fieldCount = Self.number(&rest), fieldCount <= rest.count else { return nil }
    fields = []
    for _ in 0..<fieldCount {
      guard let name = Self.text(&rest), let value = Self.text(&rest) else { return nil }
      fields.append(OutgoingRequest.Field(name, value))
    }
    contentType = type
    body = Array(rest)
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
    guard rest.count >= 4 else { return nil }
    let number = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(4)
    return number
  }

  private static func text(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard let count = number(&rest), rest.count >= count,
      let text = String(validating: rest.prefix(count), as: UTF8.self)
    else { return nil }
    rest = rest.dropFirst(count)
    return text
  }
}

/// How an attempt ended, as a dead letter keeps it.
///
/// The code is the status of the answer, 0 when there was none; its numbers must keep their meaning
/// for ever. The detail is the beginning of the answer, or says what happened.
extension RequestOutcome {
  var stored: Outcome {
    switch self {
    case .answered(let answer): Outcome(code: Int64(answer.status), detail: answer.beginning)
    case .failed(let words): Outcome(code: 0, detail: Array(words.utf8))
    }
  }

  /// For people, without what the receiver wrote.
  var words: String {
    switch self {
    case .answered(let answer): "status \(answer.status)"
    case .failed(let words): words
    }
  }
}
