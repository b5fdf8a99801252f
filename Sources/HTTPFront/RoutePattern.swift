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

  package init(stringLiteral text: String) {
    precondition(text.hasPrefix("/"), "the pattern '\(text)' does not begin with a slash")
    description = text
    let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    segments = parts.map { part in
      guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
      let name = part.dropFirst().dropLast()
      return name.hasSuffix("...") ? .tail(String(name.dropLast(3))) : .capture(String(name))
    }
  }

  /// The decoded captures of a raw path; nil when the path has another shape.
  ///
  /// Every piece is percent-decoded once, after the path was cut into pieces; so `%2F` is a
  /// slash inside a capture and never ends one.
  func captures(in path: Substring) throws(PercentDecodingError) -> [String: String]? {
    guard path.first == "/" else { return nil }
    var rest = path.dropFirst()
    var captures: [String: String] = [:]
    for (index, segment) in segments.enumerated() {
      if case .tail(let name) = segment {
        guard !rest.isEmpty else { return nil }
        captures[name] = try PercentDecoding.decode(rest.utf8, plus: .literal)
        return captures
      }
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      let piece = rest[..<end]
      switch segment {
      case .literal(let text):
        guard Self.matches(piece, text) else { return nil }
      case .capture(let name):
        guard !piece.isEmpty else { return nil }
        captures[name] = try PercentDecoding.decode(piece.utf8, plus: .literal)
      case .tail: break
      }
      let isLast = index == segments.count - 1
      guard isLast == (end == rest.endIndex) else { return nil }
      rest = rest[end...].dropFirst()
    }
    return captures
  }

  private static func matches(_ piece: Substring, _ literal: String) -> Bool {
    if piece == literal { return true }
    guard piece.utf8.contains(UInt8(ascii: "%")) else { return false }
    return (try? PercentDecoding.decode(piece.utf8, plus: .literal)) == literal
  }
}
