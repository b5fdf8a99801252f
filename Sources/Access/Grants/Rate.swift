/// So many messages in so long a time.
package struct Rate: Equatable, Sendable {
  package let count: Int
  package let seconds: Int

  package init?(count: Int, seconds: Int) {
    guard (1...1_000_000_000).contains(count), (1...86_400).contains(seconds) else { return nil }
    self.count = count
    self.seconds = seconds
  }

  /// Reads `50/s`, `600/m` or `1000/h`.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let count = Int(parts[0])
    else { return nil }
    switch parts[1] {
    case "s": self.init(count: count, seconds: 1)
    case "m": self.init(count: count, seconds: 60)
    case "h": self.init(count: count, seconds: 3600)
    default: return nil
    }
  }
}
