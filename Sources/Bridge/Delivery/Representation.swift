/// How a stream wants its messages written; subscribers with equal ones share the bytes.
struct Representation: Hashable, Sendable {
  /// How events are set on the wire.
  enum Form: Hashable, CaseIterable, Sendable {
    /// As server-sent events.
    case events
    /// As newline-delimited JSON.
    case lines
    /// As text messages of a WebSocket, each with its frame around it.
    case socket
    /// As MQTT, of which the bridge says nothing by itself.
    case tunnel

    /// How operators know streams of this form.
    var kind: String {
      switch self {
      case .events: "sse"
      case .lines: "ndjson"
      case .socket: "ws"
      case .tunnel: "mqtt"
      }
    }

    /// Which of the heartbeats that tell positions is for streams of this form.
    var heartbeatKind: Int { self == .events ? 0 : 1 }
  }

  /// What the `data` of an event is.
  enum Envelope: String, Sendable {
    /// A JSON object with topic, payload and properties.
    case json
    /// The payload alone.
    case none
  }

  /// How a payload becomes text.
  enum Encoding: String, Sendable {
    /// As it is when it is UTF-8 without control characters that the form cannot carry, else base64.
    case auto
    case base64
    /// Always as text; bytes that are not UTF-8 become U+FFFD.
    case text
  }

  /// The `event` field of a message.
  enum EventName: Hashable, Sendable {
    /// No field, so that a page's `onmessage` fires.
    case message
    case topic
    case fixed(String)
  }

  var envelope = Envelope.json
  var encoding = Encoding.auto
  var event = EventName.message
  var form = Form.events
}
