import Foundation
import MQTTClient

/// One JSON object of the probe's protocol, as it is read or written.
struct ProbeObject: @unchecked Sendable {
  /// Strings, numbers, booleans, arrays and objects; values only, so that it may change threads.
  private(set) var fields: [String: Any]

  init(_ fields: [String: Any] = [:]) {
    self.fields = fields
  }

  /// Reads one line; nil when it is no JSON object.
  init?(line: String) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    else { return nil }
    fields = object
  }

  /// One line of JSON, without its end.
  var line: String {
    let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? JSONSerialization.data(withJSONObject: fields, options: options) else {
      return #"{"ok":false,"error":"not-expressible"}"#
    }
    return String(decoding: data, as: UTF8.self)
  }

  subscript(key: String) -> Any? {
    get { fields[key] }
    set { fields[key] = newValue }
  }

  func string(_ key: String) -> String? { fields[key] as? String }

  func int(_ key: String) -> Int? { (fields[key] as? NSNumber)?.intValue }

  func bool(_ key: String) -> Bool? { (fields[key] as? NSNumber)?.boolValue }

  func object(_ key: String) -> ProbeObject? {
    (fields[key] as? [String: Any]).map { ProbeObject($0) }
  }

  /// Bytes that travel as text, or as base64 under the key with the suffix `64`.
  func bytes(_ key: String) -> Bytes? {
    if let text = string(key) { return Bytes(text.utf8) }
    return string(key + "64").flatMap { Data(base64Encoded: $0) }.map { Bytes($0) }
  }

  mutating func set(_ key: String, bytes: Bytes?) {
    guard let bytes else { return }
    if let text = String(validating: bytes, as: UTF8.self) {
      fields[key] = text
    } else {
      fields[key + "64"] = Data(bytes).base64EncodedString()
    }
  }
}
