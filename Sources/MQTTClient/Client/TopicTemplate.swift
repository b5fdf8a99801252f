/// A pattern of topics with named levels, such as `rooms/{room}/sensors/{sensor}`.
///
///     let template = try TopicTemplate("rooms/{room}/sensors/{sensor}")
///     template.filter                                           // rooms/+/sensors/+
///     try template.topic(["room": "7", "sensor": "door"])       // rooms/7/sensors/door
///     template.values(in: "rooms/7/sensors/door")?["room"]      // 7
public struct TopicTemplate: Equatable, Sendable, CustomStringConvertible {
  /// What is wrong with a template, or with the values for it.
  public enum Invalid: Error, Equatable, Sendable {
    /// The text is no topic, wildcards included: use names in their place.
    case topic
    /// A name is empty, comes twice, or does not fill its level.
    case name(String)
    /// There is no value for this name.
    case missing(String)
    /// The value for this name cannot be one level of a topic.
    case value(String)
  }

  private enum Level: Equatable, Sendable {
    case text(String)
    case name(String)
  }

  /// As it was written.
  public let description: String
  private let levels: [Level]

  /// Reads a template, where a level in braces is a name.
  public init(_ text: String) throws(Invalid) {
    guard TopicName.isValid(text) else { throw .topic }
    var names: Set<String> = []
    var levels: [Level] = []
    for level in text.split(separator: "/", omittingEmptySubsequences: false) {
      guard level.contains("{") || level.contains("}") else {
        levels.append(.text(String(level)))
        continue
      }
      let name = String(level.dropFirst().dropLast())
      guard level.hasPrefix("{"), level.hasSuffix("}"), !name.isEmpty,
        !name.contains(where: { $0 == "{" || $0 == "}" }), names.insert(name).inserted
      else { throw .name(String(level)) }
      levels.append(.name(name))
    }
    self.levels = levels
    description = text
  }

  /// The names, in the order of their levels.
  public var names: [String] {
    levels.compactMap { if case .name(let name) = $0 { name } else { nil } }
  }

  /// The topic filter that matches every topic of this pattern.
  public var filter: String {
    levels.map { if case .text(let text) = $0 { text } else { "+" } }.joined(separator: "/")
  }

  /// The topic with these values; values for other names are left out.
  public func topic(_ values: [String: String]) throws(Invalid) -> String {
    var parts: [String] = []
    for level in levels {
      switch level {
      case .text(let text): parts.append(text)
      case .name(let name):
        guard let value = values[name] else { throw .missing(name) }
        guard TopicName.isValid(value), !value.utf8.contains(UInt8(ascii: "/")) else {
          throw .value(name)
        }
        parts.append(value)
      }
    }
    return parts.joined(separator: "/")
  }

  /// The values that a topic has for the names; nil when it is not of this pattern.
  public func values(in topic: String) -> [String: String]? {
    let parts = topic.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == levels.count else { return nil }
    var values: [String: String] = [:]
    for (level, part) in zip(levels, parts) {
      switch level {
      case .text(let text): if !text.utf8.elementsEqual(part.utf8) { return nil }
      case .name(let name): values[name] = String(part)
      }
    }
    return values
  }
}
