/// One query item of a broker URL that sets an option; its value is known to be right.
struct URLItem: Equatable, Sendable {
  let name: String
  let value: String

  /// Reads a query; what is no option stays in `rest`, or is refused.
  static func read(
    _ query: Substring, keepsUnknown: Bool
  ) throws(BrokerURLError) -> (items: [URLItem], rest: String) {
    var items: [URLItem] = []
    var names: Set<String> = []
    var rest: [Substring] = []
    var scratch = ClientOptions(servers: [], session: SessionOptions(clientID: ""))
    for part in query.split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = text(pair[0]) else {
        guard keepsUnknown else { throw .invalidQuery }
        rest.append(part)
        continue
      }
      guard let option = URLOption.named[name] else {
        guard keepsUnknown else { throw .unknownItem(shown(name)) }
        rest.append(part)
        continue
      }
      guard names.insert(name).inserted else { throw .duplicateItem(name) }
      guard let value = text(pair.count == 2 ? pair[1] : "") else { throw .invalidQuery }
      guard option.apply(value, &scratch) else {
        throw .invalidItem(name, expected: option.expected)
      }
      items.append(URLItem(name: name, value: value))
    }
    return (items, rest.joined(separator: "&"))
  }

  /// Sets the option.
  func apply(to options: inout ClientOptions) {
    _ = URLOption.named[name]?.apply(value, &options)
  }

  private static func text(_ encoded: Substring) -> String? {
    URLAuthority.percentDecoded(encoded).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// What an error may repeat: it could be anything.
  private static func shown(_ name: String) -> String {
    String(name.prefix(40).map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
