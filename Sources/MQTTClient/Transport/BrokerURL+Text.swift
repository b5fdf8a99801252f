extension BrokerURL {
  /// The URL with the query items that are no secrets, apart from those of the given names.
  ///
  /// Without the parts that `hiddenParts` names it reads back as an equal URL.
  package func text(without names: Set<String> = []) -> String {
    let shown = items.filter { !$0.isSecret && !names.contains($0.name) }
    guard !shown.isEmpty else { return description }
    return description + "?"
      + shown.map { "\($0.name)=\(Self.percentEncoded($0.value))" }.joined(separator: "&")
  }

  /// What there is of the parts that no text shows, in words or as names of query items.
  package var hiddenParts: [String] {
    var parts: [String] = []
    if username != nil { parts.append("user name") }
    if password != nil { parts.append("password") }
    if scheme.isWebSocket, path.contains("?") { parts.append("query of the path") }
    return parts + items.filter(\.isSecret).map(\.name)
  }

  private static func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte in
      let character = Character(UnicodeScalar(byte))
      guard character.isASCII,
        character.isLetter || character.isNumber || "-._~/:,".contains(character)
      else { return (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true) }
      return String(character)
    }.joined()
  }
}

extension URLItem {
  fileprivate var isSecret: Bool { URLOption.named[name]?.isSecret ?? true }
}
