import HTTPFront
import MQTTClient
import Store

/// The retained or last message of a topic, as `GET /topics/{topic}` shows it.
struct TopicValue: Equatable, Sendable {
  /// Where it was found.
  enum Source: String, Sendable {
    case cache
    case broker
  }

  let publish: Publish
  /// When it came, in milliseconds since 1970; nil where the broker kept it for nobody knows how long.
  var time: Int64?
  let source: Source

  init(_ publish: Publish, time: Int64? = nil, source: Source) {
    self.publish = publish
    self.time = time
    self.source = source
  }

  /// A value of the store; nil for bytes that are none.
  init?(_ value: LastValue) {
    guard var publish = StoredMessage.decode(value.body) else { return nil }
    publish.topic = value.topic
    self.init(publish, time: value.time, source: .cache)
  }

  /// The message as JSON; one of the broker has no time, because it would be that of the question.
  func envelope(_ encoding: Representation.Encoding) -> JSONValue {
    let json = MessageRenderer.envelope(publish, time ?? 0, nil, encoding)
    guard time == nil, case .object(let members) = json else { return json }
    return .object(members.filter { $0.name != "received_at" })
  }

  /// Names these bytes: of the message for a raw answer, and of the time too for JSON that has it.
  func tag(isEnvelope: Bool, _ encoding: Representation.Encoding) -> String {
    let bytes =
      isEnvelope ? envelope(encoding).encoded : LastValueRule.encode(publish)
    let hash = (try? Cryptography.sha256(bytes)) ?? []
    let digits = hash.prefix(12).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return "\"\(digits.joined())\(isEnvelope ? "-j" : "")\""
  }
}
