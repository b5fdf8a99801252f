/// The numeric forms of addresses, and nothing that would have to be looked up.
enum IPAddressText {
  /// Four numbers without leading zeros, as bytes in network order.
  static func ipv4(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part -> UInt8? in
      guard let value = UInt8(part), "\(value)" == part else { return nil }
      return value
    }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  /// Eight groups, of which one run of zeros may be left out, as bytes in network order.
  static func ipv6(_ text: Substring) -> [UInt8]? {
    let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
    guard let front = groups(halves[0], isEnd: halves.count == 1) else { return nil }
    guard halves.count == 2 else { return front.count == 16 ? front : nil }
    guard let back = groups(halves[1], isEnd: true), front.count + back.count <= 14 else {
      return nil
    }
    return front + [UInt8](repeating: 0, count: 16 - front.count - back.count) + back
  }

  private static func groups(_ text: Substring, isEnd: Bool) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if isEnd, index == parts.count - 1, part.contains("."), let last = ipv4(part) {
        bytes += last
      } else {
        guard (1...4).contains(part.utf8.count), part.utf8.first != UInt8(ascii: "+"),
          let value = UInt16(part, radix: 16)
        else { return nil }
        bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
      }
    }
    return bytes
  }
}
