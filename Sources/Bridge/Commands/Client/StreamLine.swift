import JSONText

/// One line of a stream of `GET /subscribe?format=ndjson`.
enum StreamLine {
  case message(Message)
  /// One of the bridge's own events, such as `bridge.gap`.
  case event(name: String, JSONNode)
  case empty

  struct Message {
    let id: String?
    let topic: String
    let payload: [UInt8]
  }

  /// Reads a line without its end; nil when it is none of a bridge.
  init?(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else {
      self = .empty
      return
    }
    guard let node = try? JSONScanner.scan(bytes) else { return nil }
    if let name = node.string("event"), name.hasPrefix("bridge.") {
      self = .event(name: name, node)
      return
    }
    guard let topic = node.string("topic"), let text = node.string("payload") else { return nil }
    let isEncoded = node.string("payload_encoding") == "base64"
    guard let payload = isEncoded ? Base64.decode(text) : Array(text.utf8) else { return nil }
    self = .message(Message(id: node.string("id"), topic: topic, payload: payload))
  }
}

/// Finds lines in pieces.
struct LineSplitter {
  /// A line that is longer is of no bridge.
  static let bytesMaximum = 512 << 20

  private var rest: [UInt8] = []

  /// Every line that has ended with this piece; nil when one is too long.
  mutating func lines(_ piece: [UInt8]) -> [[UInt8]]? {
    var lines: [[UInt8]] = []
    var start = 0
    while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(rest + piece[start..<end])
      rest.removeAll()
      start = end + 1
    }
    rest += piece[start...]
    return rest.count > Self.bytesMaximum ? nil : lines
  }
}
