/// An option that a query item of a broker URL can set.
///
/// What takes code, or makes sense only together with code, has no item: authenticators, hooks, the
/// decision about each redirection, session stores, traces, and the lanes that publishes name.
public struct URLOption: Sendable {
  /// What the option is about.
  public enum Group: String, Equatable, Sendable, CaseIterable {
    case session
    case reconnect
    case network
    case tls
    case webSocket
    case proxy
  }

  /// The name of the query item.
  public let name: String
  /// What the option is about.
  public let group: Group
  /// What it means, as half a sentence.
  public let summary: String
  /// What values it takes, as half a sentence.
  public let expected: String
  /// Whether its value must not be shown.
  public let isSecret: Bool
  /// Sets the option; false when it cannot have this value.
  let apply: @Sendable (String, inout ClientOptions) -> Bool

  /// Every option, in the order that help texts use.
  public static let all = session + delivery + reconnect + network + secured + webSocket + proxied

  static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  init(
    _ name: String, _ group: Group, _ summary: String, expected: String, isSecret: Bool = false,
    _ apply: @escaping @Sendable (String, inout ClientOptions) -> Bool
  ) {
    self.name = name
    self.group = group
    self.summary = summary
    self.expected = expected
    self.isSecret = isSecret
    self.apply = apply
  }

  /// An option that is one field.
  init<Value>(
    _ name: String, _ group: Group, _ summary: String, _ value: URLValue<Value>,
    isSecret: Bool = false, _ field: any WritableKeyPath<ClientOptions, Value> & Sendable
  ) {
    self.init(name, group, summary, expected: value.expected, isSecret: isSecret) {
      (text, options) in
      guard let new = value.read(text) else { return false }
      options[keyPath: field] = new
      return true
    }
  }

  /// An option that is one field, which may be nil.
  init<Value>(
    _ name: String, _ group: Group, _ summary: String, _ value: URLValue<Value>,
    isSecret: Bool = false, _ field: any WritableKeyPath<ClientOptions, Value?> & Sendable
  ) {
    self.init(name, group, summary, expected: value.expected, isSecret: isSecret) {
      (text, options) in
      guard let new = value.read(text) else { return false }
      options[keyPath: field] = new
      return true
    }
  }
}

extension URLOption {
  /// An option that changes several fields, or that other options have a part in.
  init<Value>(
    _ name: String, _ group: Group, _ summary: String, _ value: URLValue<Value>,
    isSecret: Bool = false, set: @escaping @Sendable (inout ClientOptions, Value) -> Void
  ) {
    self.init(name, group, summary, expected: value.expected, isSecret: isSecret) {
      (text, options) in
      guard let new = value.read(text) else { return false }
      set(&options, new)
      return true
    }
  }
}

/// How a text becomes a value.
struct URLValue<Value>: Sendable {
  let expected: String
  let read: @Sendable (String) -> Value?
}

extension URLValue where Value == Bool {
  static let flag = Self(expected: "true or false") { ["true": true, "false": false][$0] }
}

extension URLValue where Value == String {
  static let text = Self(expected: "a text that is not empty") { $0.isEmpty ? nil : $0 }
}

extension URLValue where Value == [String] {
  static let list = Self(expected: "texts separated by commas") { text in
    let parts = text.split(separator: ",").map { String($0) }
    return parts.isEmpty ? nil : parts
  }
}

extension URLValue where Value == Double {
  static func fraction(_ range: ClosedRange<Double>) -> Self {
    Self(expected: "a number from \(range.lowerBound) to \(range.upperBound)") { text in
      Double(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension URLValue where Value: FixedWidthInteger & Sendable {
  static func number(_ range: ClosedRange<Value>) -> Self {
    Self(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
        return nil
      }
      return Value(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// Whole seconds, written as a duration.
  static func seconds(_ range: ClosedRange<Value>) -> Self {
    Self(expected: "a time in seconds up to \(range.upperBound), such as 90, 90s or 2m") { text in
      guard let duration = URLValue<Duration>.duration(text), duration.components.attoseconds == 0
      else { return nil }
      return Value(exactly: duration.components.seconds).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension URLValue where Value == Duration {
  /// A time of at most 24 days, which no clock computation overflows.
  static let time = Self(expected: "a time such as 250ms, 10s or 2m") { duration($0) }

  fileprivate static func duration(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), number <= 2_000_000_000 else { return nil }
    let duration: Duration? =
      switch text[digits.endIndex...] {
      case "ms": .milliseconds(number)
      case "", "s": .seconds(number)
      case "m": .seconds(number * 60)
      case "h": .seconds(number * 3600)
      default: nil
      }
    return duration.flatMap { $0 <= .seconds(4_294_967_295) ? $0 : nil }
  }
}
