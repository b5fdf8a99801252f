import HTTPFront
import MQTTClient
import WebSocketProtocol

/// Turns a message into the text of one server-sent event, or into one line of JSON.
enum MessageRenderer {
  /// The text of the event; the time is in milliseconds since 1970, and `id` is that of the log.
  static func render(
    _ publish: Publish, receivedAt: Int64, id: String? = nil, as representation: Representation
  ) -> [UInt8] {
    if representation.form == .socket {
      // All that is said about messages is text, so a binary one is a payload and nothing else.
      if representation.envelope == .none { return ServerFrame.message(.binary, publish.payload) }
      return message(envelope(publish, receivedAt, id, representation.encoding))
    }
    guard representation.form == .events else {
      return line(json(publish, receivedAt: receivedAt, id: id, as: representation))
    }
    var text: [UInt8] = []
    text.reserveCapacity(publish.payload.count + publish.topic.utf8.count + 192)
    if let id { appendField("id", id, to: &text) }
    if let name = name(of: publish, representation.event) { appendField("event", name, to: &text) }
    switch representation.envelope {
    case .json:
      appendData(envelope(publish, receivedAt, id, representation.encoding), to: &text)
    case .none: appendData(raw(publish.payload, representation.encoding), to: &text)
    }
    text.append(newline)
    return text
  }

  /// The name of its event; nil for one without.
  private static func name(
    of publish: Publish, _ event: Representation.EventName
  ) -> String? {
    switch event {
    case .message: nil
    // The names of the bridge's own events cannot be borrowed by a topic, nor by what one line leaves of it.
    case .topic: oneLine(publish.topic).starts(with: "bridge.".utf8) ? nil : publish.topic
    case .fixed(let name): name
    }
  }

  /// The message as a JSON value: the envelope, or a string with its payload.
  static func json(
    _ publish: Publish, receivedAt: Int64, id: String?, as representation: Representation
  ) -> JSONValue {
    switch representation.envelope {
    case .none:
      let text = PayloadText.text(publish.payload, representation.encoding)
      return .string(text ?? Base64.encode(publish.payload))
    case .json:
      let name = name(of: publish, representation.event)
      return envelope(publish, receivedAt, id, representation.encoding, name: name)
    }
  }

  /// An event of the bridge's own, such as `bridge.open`; `retry` is in milliseconds.
  static func control(
    _ event: String, _ data: JSONValue, id: String? = nil, retry: Int? = nil,
    as form: Representation.Form = .events
  ) -> [UInt8] {
    if form == .tunnel { return [] }
    guard form == .events else {
      let isSocket = form == .socket
      let name = isSocket && event.hasPrefix("bridge.") ? String(event.dropFirst(7)) : event
      var members: [JSONValue.Member] = [.init(isSocket ? "op" : "event", .string(name))]
      if let id { members.append(.init("id", .string(id))) }
      if case .object(let more) = data { members += more }
      if let retry { members.append(.init("retry", .integer(retry))) }
      return isSocket ? socketText(.object(members)) : line(.object(members))
    }
    var text: [UInt8] = []
    if let id { appendField("id", id, to: &text) }
    if let retry { appendField("retry", String(retry), to: &text) }
    appendField("event", event, to: &text)
    appendData(data, to: &text)
    text.append(newline)
    return text
  }

  /// A message as one of a WebSocket.
  private static func message(_ envelope: JSONValue) -> [UInt8] {
    var members = [JSONValue.Member("op", .string("message"))]
    if case .object(let more) = envelope { members += more }
    return socketText(.object(members))
  }

  /// A whole text message of a WebSocket, with its frame.
  static func socketText(_ value: JSONValue) -> [UInt8] {
    ServerFrame.message(.text, value.encoded)
  }

  private static func line(_ value: JSONValue) -> [UInt8] {
    var text = value.encoded
    text.append(newline)
    return text
  }

  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// The message as JSON, as it also stands in pages of history.
  static func envelope(
    _ publish: Publish, _ receivedAt: Int64, _ id: String?, _ encoding: Representation.Encoding,
    name: String? = nil
  ) -> JSONValue {
    var members: [JSONValue.Member] = []
    members.reserveCapacity(10)
    if let name { members.append(.init("event", .string(name))) }
    if let id { members.append(.init("id", .string(id))) }
    members.append(.init("topic", .string(publish.topic)))
    if let text = PayloadText.text(publish.payload, encoding) {
      members.append(.init("payload", .string(text)))
    } else {
      members.append(.init("payload", .string(Base64.encode(publish.payload))))
      members.append(.init("payload_encoding", .string("base64")))
    }
    members.append(.init("qos", .integer(Int(publish.qos.rawValue))))
    members.append(.init("retain", .boolean(publish.isRetained)))
    if publish.isDuplicate { members.append(.init("dup", .boolean(true))) }
    members.append(.init("received_at", .string(Timestamp(milliseconds: receivedAt).description)))
    if let properties = EnvelopeProperties.json(publish.properties) {
      members.append(.init("properties", properties))
    }
    return .object(members)
  }

  /// A carriage return would be read as the end of a line, so such a payload goes out as base64.
  private static func raw(_ payload: Bytes, _ encoding: Representation.Encoding) -> [UInt8] {
    guard let text = PayloadText.text(payload, encoding),
      encoding == .text || !payload.contains(carriageReturn)
    else { return Array(Base64.encode(payload).utf8) }
    return Array(text.utf8)
  }

  /// A field on one line: what would end the line is left out.
  private static func appendField(_ name: String, _ value: String, to text: inout [UInt8]) {
    text.append(contentsOf: name.utf8)
    text.append(contentsOf: ": ".utf8)
    if value.utf8.contains(where: { $0 == newline || $0 == carriageReturn }) {
      text.append(contentsOf: oneLine(value))
    } else {
      text.append(contentsOf: value.utf8)
    }
    text.append(newline)
  }

  private static func oneLine(_ value: String) -> some Sequence<UInt8> {
    value.utf8.lazy.filter { $0 != newline && $0 != carriageReturn }
  }

  /// JSON as we write it is one line.
  private static func appendData(_ json: JSONValue, to text: inout [UInt8]) {
    text.append(contentsOf: "data: ".utf8)
    json.append(to: &text)
    text.append(newline)
  }

  /// One `data` line for each line of the value. [WHATWG HTML, 9.2.6]
  private static func appendData(_ data: [UInt8], to text: inout [UInt8]) {
    var start = 0
    repeat {
      let end = data[start...].firstIndex(of: newline) ?? data.count
      text.append(contentsOf: "data: ".utf8)
      text.append(contentsOf: data[start..<end].lazy.filter { $0 != carriageReturn })
      text.append(newline)
      start = end + 1
    } while start <= data.count
  }
}
