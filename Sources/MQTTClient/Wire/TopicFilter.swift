/// A validated topic filter, ready for matching; also of a shared subscription. [MQTT 5.0, 4.7]
///
/// Filters are the same only if their bytes are: nothing is normalized. [MQTT-4.7.3-4]
public struct TopicFilter: Sendable, CustomStringConvertible {
  /// Why a text is not a topic filter; offsets count bytes of UTF-8.
  public enum Invalid: Error, Equatable, Sendable {
    /// No character at all. [MQTT-4.7.3-1]
    case empty
    /// More than 65,535 bytes of UTF-8.
    case tooLong
    /// U+0000. [MQTT-4.7.3-2]
    case containsNUL(at: Int)
    /// `+` or `#` beside other characters of its level.
    case wildcardInsideLevel(at: Int)
    /// `#` before the last level.
    case levelAfterHash(at: Int)
    /// `$share/` without group name, or with a wildcard in it.
    case shareNameInvalid
    /// `$share/group` without a filter after it.
    case sharedFilterMissing
  }

  /// As it goes to the broker, `$share/group/` included.
  public let text: String
  /// Whether more than one topic can match.
  public let isWildcard: Bool
  /// Where the part that topics are compared with begins, in bytes.
  let pathStart: Int

  /// Checks a text.
  ///
  /// - Throws: The first reason why it is not a topic filter.
  public init(_ text: String) throws(Invalid) {
    let bytes = text.utf8.span
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= UInt16.max else { throw .tooLong }
    let isShared = text.utf8.starts(with: "$share/".utf8)
    pathStart = isShared ? try Self.sharedPathStart(in: bytes) : 0
    isWildcard = try Self.findWildcard(in: bytes, from: pathStart)
    self.text = text
  }

  /// The text.
  public var description: String { text }

  /// Whether the text begins with `$share/`. [MQTT-4.8.2-1]
  public var isShared: Bool { pathStart > 0 }

  /// The name between `$share/` and the next slash.
  public var shareGroup: String? {
    guard isShared else { return nil }
    return String(decoding: text.utf8.dropFirst(7).prefix(pathStart - 8), as: UTF8.self)
  }

  /// The text without `$share/group/`: what topics are compared with.
  public var path: String {
    isShared ? String(decoding: text.utf8.dropFirst(pathStart), as: UTF8.self) : text
  }

  /// Whether a message with this topic belongs to the subscription.
  ///
  /// Topics that begin with `$` match no filter that begins with a wildcard. [MQTT-4.7.2-1]
  public func matches(topic: String) -> Bool {
    let filter = text.utf8.span
    let name = topic.utf8.span
    guard !name.isEmpty else { return false }
    var next = pathStart
    var at = 0
    if name[0] == TopicCharacter.dollar, filter[next] != TopicCharacter.dollar { return false }
    while true {
      switch next < filter.count ? filter[next] : TopicCharacter.slash {
      case TopicCharacter.hash: return true
      case TopicCharacter.plus:
        next += 1
        while at < name.count, name[at] != TopicCharacter.slash { at += 1 }
      default:
        while next < filter.count, filter[next] != TopicCharacter.slash {
          guard at < name.count, name[at] == filter[next] else { return false }
          next += 1
          at += 1
        }
        guard at == name.count || name[at] == TopicCharacter.slash else { return false }
      }
      switch (next == filter.count, at == name.count) {
      case (true, let isNameAtEnd): return isNameAtEnd
      // `a/#` includes its parent level `a`.
      case (false, true): return next + 2 == filter.count && filter[next + 1] == TopicCharacter.hash
      case (false, false):
        next += 1
        at += 1
      }
    }
  }

  /// Both group and filter of a shared subscription must be there. [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  private static func sharedPathStart(in bytes: Span<UInt8>) throws(Invalid) -> Int {
    var index = 7
    while index < bytes.count, bytes[index] != TopicCharacter.slash {
      guard bytes[index] != TopicCharacter.plus, bytes[index] != TopicCharacter.hash else {
        throw .shareNameInvalid
      }
      index += 1
    }
    guard index > 7 else { throw .shareNameInvalid }
    guard index + 1 < bytes.count else { throw .sharedFilterMissing }
    return index + 1
  }

  /// Wildcards fill their level, and `#` only the last. [MQTT-4.7.1-1] [MQTT-4.7.1-2]
  private static func findWildcard(
    in bytes: Span<UInt8>, from start: Int
  ) throws(Invalid) -> Bool {
    var found = false
    for index in 0..<bytes.count {
      switch bytes[index] {
      case 0: throw .containsNUL(at: index)
      case TopicCharacter.plus, TopicCharacter.hash:
        let isFirst = index == start || bytes[index - 1] == TopicCharacter.slash
        let isLast = index + 1 == bytes.count || bytes[index + 1] == TopicCharacter.slash
        guard isFirst, isLast else { throw .wildcardInsideLevel(at: index) }
        if bytes[index] == TopicCharacter.hash, index + 1 < bytes.count {
          throw .levelAfterHash(at: index)
        }
        found = true
      default: break
      }
    }
    return found
  }
}

extension TopicFilter: Hashable {
  /// Whether both have the same bytes. [MQTT-4.7.3-4]
  public static func == (a: Self, b: Self) -> Bool {
    a.text.utf8.span.isIdenticalText(to: b.text.utf8.span)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) { text.utf8.span.hashText(into: &hasher) }
}
