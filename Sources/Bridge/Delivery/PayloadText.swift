import MQTTClient

/// Decides whether a payload can stand as text in an event.
enum PayloadText {
  /// The text to write, or nil when the payload must be written as base64.
  static func text(_ payload: Bytes, _ encoding: Representation.Encoding) -> String? {
    switch encoding {
    case .base64: nil
    case .auto: String(validating: payload, as: UTF8.self)
    case .text: String(decoding: payload, as: UTF8.self)
    }
  }
}
