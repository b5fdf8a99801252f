/// What the client wants to read, from its `Accept` headers (RFC 9110, 12.5.1).
package struct Accept: Equatable, Sendable {
  private struct Range: Equatable, Sendable {
    let type: String
    let subtype: String
    /// Thousandths, 0 to 1000.
    let quality: Int

    /// How exactly this range names a media type; nil when it does not.
    func exactness(type: Substring, subtype: Substring) -> Int? {
      if self.type == "*", self.subtype == "*" { return 0 }
      guard self.type == type else { return nil }
      if self.subtype == "*" { return 1 }
      return self.subtype == subtype ? 2 : nil
    }
  }

  private let ranges: [Range]

  /// Reads header values; elements that make no sense are ignored.
  package init(_ values: [String]) {
    ranges = values.flatMap { $0.split(separator: ",") }.compactMap(Self.range)
  }

  /// How much a media type is wanted, in thousandths; everything is when nothing was said.
  package func quality(of mediaType: String) -> Int {
    guard !ranges.isEmpty else { return 1000 }
    let halves = mediaType.split(separator: "/", maxSplits: 1)
    guard halves.count == 2 else { return 0 }
    var best: (exactness: Int, quality: Int)?
    for range in ranges {
      guard let exactness = range.exactness(type: halves[0], subtype: halves[1]) else { continue }
      if exactness > best?.exactness ?? -1 { best = (exactness, range.quality) }
    }
    return best?.quality ?? 0
  }

  /// The most wanted of what can be offered, the earlier one of equals; nil when none is wanted.
  package func best(of offers: [String]) -> String? {
    var best: (offer: String, quality: Int)?
    for offer in offers {
      let quality = quality(of: offer)
      if quality > best?.quality ?? 0 { best = (offer, quality) }
    }
    return best?.offer
  }

  private static func range(_ element: Substring) -> Range? {
    let parts = element.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
    guard let name = parts.first?.lowercased() else { return nil }
    let halves = name.split(separator: "/", maxSplits: 1)
    guard halves.count == 2 else { return nil }
    let weight = parts.dropFirst().first { $0.hasPrefix("q=") || $0.hasPrefix("Q=") }
    return Range(
      type: String(halves[0]), subtype: String(halves[1]),
      quality: weight.map { thousandths($0.dropFirst(2)) } ?? 1000)
  }

  private static func thousandths(_ text: Substring) -> Int {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if parts.first == "1" { return 1000 }
    guard parts.first == "0", parts.count == 2 else { return 0 }
    let digits = parts[1].prefix(3)
    return Int(digits + String(repeating: "0", count: 3 - digits.count)) ?? 0
  }
}
