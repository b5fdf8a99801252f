/// The shape of the paths of one route, such as `/messages/{id}` or `/topics/{topic...}`.
///
/// `{name}` is one segment that is not empty; `{name...}`, only at the end, is everything that
/// is left, slashes included, and not empty either.
package struct RoutePattern: Equatable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  private enum Segment: Equatable, Sendable {
    case literal(String)
    case capture(String)
    case tail(String)
  }

  package let description: String
  private let segments: [Segment]
  /// The whole text is one path, without captures.
  let isLiteral: Bool

  package init(stringLiteral text: String) {
    precondition(text.hasPrefix("/"), "the pattern '\(text)' does not begin with a slash")
    description = text
    let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    segments = parts.map { part in
      guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
      let name = part.dropFirst().dropLast()
      return name.hasSuffix("...") ? .tail(String(name.dropLast(3))) : .capture(String(name))
    }
    isLiteral = segments.allSatisfy { if case .literal = $0 { true } else { false } }
  }

  /// The decoded captures of a raw path; nil when the path has another shape.
  ///
  /// Every piece is percent-decoded once, after the path was cut into pieces; so `%2F` is a
  /// slash inside a capture and never ends one.
  func captures(
    in path: Substring.UTF8View
  ) throws(PercentDecodingError) -> [String: String]? {
    if isLiteral, path.elementsEqual(description.utf8) { return [:] }
    guard let pieces = pieces(of: path) else { return nil }
    var captures: [String: String] = [:]
    for (name, piece) in pieces {
      captures[name] = try PercentDecoding.decode(piece, plus: .literal)
    }
    return captures
  }

  /// Whether a raw path has this shape.
  func matches(_ path: Substring.UTF8View) -> Bool { pieces(of: path) != nil }

  /// What the captures stand for, still encoded.
  private func pieces(
    of path: Substring.UTF8View
  ) -> [(name: String, piece: Substring.UTF8View)]? {
    let slash = UInt8(ascii: "/")
    guard path.first == slash else { return nil }
    var rest = path.dropFirst()
    var pieces: [(String, Substring.UTF8View)] = []
    for (index, segment) in segments.enumerated() {
      let end = rest.firstIndex(of: slash) ?? rest.endIndex
      let piece = rest[..<end]
      switch segment {
      case .tail(let name):
        return rest.isEmpty ? nil : pieces + [(name, rest)]
      case .capture(let name):
        guard !piece.isEmpty else { return nil }
        pieces.append((name, piece))
      case .literal(let text):
        guard Self.matches(piece, text) else { return nil }
      }
      let isLast = index == segments.count - 1
      guard isLast == (end == rest.endIndex) else { return nil }
      rest = rest[end...].dropFirst()
    }
    return pieces
  }

  private static func matches(_ piece: Substring.UTF8View, _ literal: String) -> Bool {
    if piece.elementsEqual(literal.utf8) { return true }
    guard piece.contains(UInt8(ascii: "%")) else { return false }
    return (try? PercentDecoding.decode(piece, plus: .literal)) == literal
  }
}
