/// The part of every request path that comes before the bridge's own, empty or such as `/mqtt`.
struct BasePath: Equatable, Sendable {
  /// Without a slash at the end, so that `prefix + "/publish"` is a path.
  let prefix: String

  static let root = Self(prefix: "")

  private init(prefix: String) {
    self.prefix = prefix
  }

  /// Reads `/` or a path of plain segments such as `/iot/mqtt`.
  init?(_ text: String) {
    guard text.first == "/" else { return nil }
    let segments = text.split(separator: "/")
    let isPlain = segments.allSatisfy { segment in
      segment != "." && segment != ".."
        && segment.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._~".contains($0)) }
    }
    guard isPlain, !text.contains("//") else { return nil }
    prefix = segments.map { "/" + $0 }.joined()
  }
}

extension BasePath: CustomStringConvertible {
  var description: String { prefix.isEmpty ? "/" : prefix }
}
