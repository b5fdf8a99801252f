import HTTPFront
import MQTTClient

/// Text that no broker closes our connection over.
///
/// A receiver may take control characters and noncharacters in any text for a malformed packet [MQTT 5.0,
/// 1.5.4], and mosquitto does. One connection carries everybody's messages, and a filter is asked for again
/// after every reconnect, so one such text would stop the bridge for all.
enum SafeText {
  static func isSafe(_ text: String) -> Bool { !text.unicodeScalars.contains(where: isForbidden) }

  /// U+0000 to U+001F, U+007F to U+009F, and the 66 noncharacters.
  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0xFDD0...0xFDEF: true
    case let value: value & 0xFFFE == 0xFFFE
    }
  }

  static func check(topic: String) throws(Problem) {
    guard isSafe(topic) else { throw Problem(.topicInvalid, detail: words("a topic")) }
  }

  static func check(_ filters: [TopicFilter]) throws(Problem) {
    guard filters.allSatisfy({ isSafe($0.text) }) else {
      throw Problem(.filterInvalid, detail: words("a topic filter"))
    }
  }

  /// Every text of a message.
  static func check(_ publish: Publish) throws(Problem) {
    try check(topic: publish.topic)
    let properties = publish.properties
    if let topic = properties.responseTopic, !isSafe(topic) {
      throw Problem(.topicInvalid, detail: words("the response topic"))
    }
    if let type = properties.contentType, !isSafe(type) {
      throw Problem(.badParameter, detail: words("'content_type'"))
    }
    guard properties.userProperties.allSatisfy({ isSafe($0.name) && isSafe($0.value) }) else {
      throw Problem(.badParameter, detail: words("'user_properties'"))
    }
  }

  private static func words(_ what: String) -> String {
    "\(what) may have no control characters and no noncharacters: a broker may end the connection over them"
  }
}
