import HTTPFront
import JSONText
import MQTTClient

/// Reads the values of request fields from text, each with an error that names the field.
enum FieldText {
  static func number(
    _ field: String, _ text: String, _ range: ClosedRange<Int>
  ) throws(Problem) -> Int {
    guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
      let number = Int(text), range.contains(number)
    else {
      throw Problem(
        .badParameter,
        detail: "'\(field)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  static func flag(_ field: String, _ text: String) throws(Problem) -> Bool {
    switch text {
    case "true", "1": return true
    case "false", "0": return false
    default: throw Problem(.badParameter, detail: "'\(field)' must be true or false")
    }
  }

  static func qos(_ text: String) throws(Problem) -> QoS {
    guard text.utf8.count == 1, let number = UInt8(text), let qos = QoS(rawValue: number) else {
      throw Problem(.badParameter, detail: "'qos' must be 0, 1 or 2")
    }
    return qos
  }

  static func ack(_ text: String) throws(Problem) -> AckLevel {
    guard let level = AckLevel(rawValue: text) else {
      throw Problem(.badParameter, detail: "'ack' must be none, stored or broker")
    }
    return level
  }

  static func base64(_ field: String, _ text: String) throws(Problem) -> [UInt8] {
    guard let bytes = Base64.decode(text) else {
      throw Problem(
        .badBase64, detail: "'\(field)' is not base64",
        hint: "use the standard alphabet with padding")
    }
    return bytes
  }

  static func json(_ text: String) throws(Problem) -> JSONNode {
    try json(Array(text.utf8))
  }

  static func json(_ bytes: [UInt8]) throws(Problem) -> JSONNode {
    do throws(JSONError) {
      return try JSONScanner.scan(bytes)
    } catch {
      throw Problem(
        .badJSON, detail: "\(error.reason.rawValue), at byte \(error.offset)",
        members: [.init("offset", .integer(error.offset))])
    }
  }

  /// A string that an MQTT packet can carry. [MQTT-1.5.4-2]
  static func mqttString(_ field: String, _ text: String) throws(Problem) -> String {
    guard text.utf8.count <= 65_535, !text.utf8.contains(0) else {
      throw Problem(
        .badParameter, detail: "'\(field)' must have at most 65,535 bytes and no NUL")
    }
    return text
  }
}
