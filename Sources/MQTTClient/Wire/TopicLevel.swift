/// The text between two slashes, as a key that is compared byte by byte.
struct TopicLevel: Hashable, Sendable {
  static let plus = Self([TopicCharacter.plus])

  private let bytes: Bytes

  init(_ bytes: Bytes) { self.bytes = bytes }

  var isPlus: Bool { bytes.count == 1 && bytes.first == TopicCharacter.plus }

  var isEmpty: Bool { bytes.isEmpty }

  /// Whether it begins with `$`, which no wildcard in the first level matches.
  var isSystem: Bool { bytes.first == TopicCharacter.dollar }

  /// The same text in memory of its own.
  var copy: Self { Self(Bytes(Array(bytes))) }

  static func == (a: Self, b: Self) -> Bool { a.bytes.span.isIdenticalText(to: b.bytes.span) }

  func hash(into hasher: inout Hasher) { bytes.span.hashText(into: &hasher) }
}

/// A topic filter cut into levels, without `$share/group/`.
struct FilterPath {
  var levels: [TopicLevel] = []
  /// The `#` itself is not among the levels.
  private(set) var endsWithHash = false

  init(_ filter: TopicFilter) {
    let text = Array(filter.text.utf8)[filter.pathStart...]
    for level in text.split(separator: TopicCharacter.slash, omittingEmptySubsequences: false) {
      if level.first == TopicCharacter.hash {
        endsWithHash = true
      } else {
        levels.append(TopicLevel(level).copy)
      }
    }
  }
}
