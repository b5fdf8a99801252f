import HTTPFront
import MQTTClient

/// A message as an HTTP answer: its payload is the body, and headers say the rest.
enum MessageAnswer {
  /// What a publisher wrote must not run as a page of ours, whatever type it claims to be.
  private static let guards: [(String, String)] = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
  ]

  static func raw(_ publish: Publish, _ headers: HeaderFields = HeaderFields()) -> Response {
    var response = Response(status: 200, headers: headers, body: Array(publish.payload))
    response.headers.append("Content-Type", contentType(publish))
    for (name, value) in fields(of: publish) + guards { response.headers.append(name, value) }
    return response
  }

  /// What the headers say of a message whose payload is the body.
  static func fields(of publish: Publish) -> [(String, String)] {
    var fields = [
      ("Mqtt-Topic", encoded(publish.topic)), ("Mqtt-Qos", String(publish.qos.rawValue)),
      ("Mqtt-Retain", publish.isRetained ? "true" : "false"),
    ]
    if let properties = userProperties(publish) {
      fields.append(("Mqtt-User-Properties", properties))
    }
    return fields
  }

  /// The content type of the message, if a header can carry it.
  static func contentType(_ publish: Publish) -> String {
    guard let type = publish.properties.contentType, type.utf8.count <= 255, type.contains("/"),
      type.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { return "application/octet-stream" }
    return type
  }

  /// The pairs as base64 of JSON, which keeps every character, their order and repeats.
  private static func userProperties(_ publish: Publish) -> String? {
    let properties = publish.properties.userProperties
    guard !properties.isEmpty else { return nil }
    let pairs = properties.map { JSONValue.array([.string($0.name), .string($0.value)]) }
    return Base64.encode(JSONValue.array(pairs).encoded)
  }

  /// Percent-encodes what is no visible ASCII character, and the percent sign.
  static func encoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "%") {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
