import ArgumentParser
import EventLoop

/// What a message has beside its topic and payload.
struct MessageOptions: ParsableArguments {
  @Option(
    name: [.short, .long], help: ArgumentHelp("0, 1 or 2. (default: 1)", valueName: "QOS"))
  var qos: Int?

  @Flag(name: [.short, .long], help: "Keep it as the topic's retained message.")
  var retain = false

  @Option(help: ArgumentHelp("The content type, for MQTT 5 subscribers.", valueName: "TYPE"))
  var contentType: String?

  @Option(
    help: ArgumentHelp(
      "A user property, repeated: order and repeats are kept.", valueName: "NAME=VALUE"))
  var property: [String] = []

  @Option(help: ArgumentHelp("Seconds after which subscribers no longer want it.", valueName: "N"))
  var messageExpiry: Int?

  func validate() throws {
    if let qos, !(0...2).contains(qos) { throw ValidationError("--qos is 0, 1 or 2") }
    for text in property where !text.contains("=") {
      throw ValidationError("'\(text)' is no user property: NAME=VALUE")
    }
  }

  var pairs: [(name: String, value: String)] {
    property.map {
      let parts = $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
  }

  /// As header fields and parameters of a request whose body is the payload.
  func apply(to call: inout BridgeServer.Call) {
    if let qos { call.query.append(("qos", "\(qos)")) }
    if retain { call.query.append(("retain", "true")) }
    if let messageExpiry { call.query.append(("message_expiry_interval", "\(messageExpiry)")) }
    if let contentType { call.fields.append(("Content-Type", contentType)) }
    for pair in pairs {
      let text = "\(URLText.encoded(pair.name))=\(URLText.encoded(pair.value))"
      call.fields.append(("Mqtt-User-Property", text))
    }
  }
}

/// Where a payload comes from.
struct PayloadSource: ParsableArguments {
  /// More than any bridge takes.
  static let bytesMaximum = 256 << 20

  @Argument(help: "The payload. Without it and --file it is standard input to its end.")
  var payload: String?

  @Option(
    name: [.short, .long], help: ArgumentHelp("A file with the payload.", valueName: "FILE"))
  var file: String?

  func validate() throws {
    if payload != nil, file != nil {
      throw ValidationError("a payload and --file do not go together")
    }
  }

  func bytes() throws(CallFailure) -> [UInt8] {
    if let payload { return Array(payload.utf8) }
    let reader = try reader()
    var bytes: [UInt8] = []
    while bytes.count <= Self.bytesMaximum {
      let piece = try Self.read(reader)
      if piece.isEmpty { return bytes }
      bytes += piece
    }
    throw .usage("the payload has more than \(Self.bytesMaximum) bytes")
  }

  func reader() throws(CallFailure) -> FileReader {
    do throws(SystemError) {
      return try FileReader(path: file)
    } catch {
      throw .usage("\(file ?? "standard input"): \(error)")
    }
  }

  static func read(_ reader: FileReader) throws(CallFailure) -> [UInt8] {
    do throws(SystemError) {
      return try reader.read(atMost: 1 << 16)
    } catch {
      throw .usage("\(error)")
    }
  }
}
