/// An address of IPv4 or IPv6; one that is mapped into IPv6 is an IPv4 address.
package struct IPAddress: Hashable, Sendable {
  /// Four or sixteen.
  package let bytes: [UInt8]

  package var isIPv4: Bool { bytes.count == 4 }

  package init?(bytes: [UInt8]) {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    switch bytes.count {
    case 4: self.bytes = bytes
    case 16: self.bytes = bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    default: return nil
    }
  }

  /// Reads `192.0.2.1` or `2001:db8::1`, without a port, a zone or brackets.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 45 else { return nil }
    guard text.contains(":") else {
      guard let bytes = Self.four(text) else { return nil }
      self.init(bytes: bytes)
      return
    }
    guard let bytes = Self.sixteen(String(text)) else { return nil }
    self.init(bytes: bytes)
  }

  /// Decimal numbers without leading zeros, which some programs read as octal.
  private static func four(_ text: some StringProtocol) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard !part.isEmpty, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        part.utf8.count == 1 || part.utf8.first != 0x30, let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func sixteen(_ text: String) -> [UInt8]? {
    let halves = Self.halves(text)
    guard let first = groups(halves.first, mayEndIn4: halves.second == nil) else { return nil }
    guard let rest = halves.second else { return first.count == 16 ? first : nil }
    guard let second = groups(rest, mayEndIn4: true), first.count + second.count <= 14 else {
      return nil
    }
    return first + [UInt8](repeating: 0, count: 16 - first.count - second.count) + second
  }

  /// Before and after the first `::`.
  private static func halves(_ text: String) -> (first: Substring, second: Substring?) {
    var previous: String.Index?
    for index in text.utf8.indices where text.utf8[index] == UInt8(ascii: ":") {
      if let previous, text.utf8.index(after: previous) == index {
        return (text[..<previous], text[text.utf8.index(after: index)...])
      }
      previous = index
    }
    return (text[...], nil)
  }

  private static func groups(_ text: Substring, mayEndIn4: Bool) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if mayEndIn4, index == parts.count - 1, part.contains(".") {
        guard let last = four(part) else { return nil }
        bytes += last
      } else {
        guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
          part.utf8.allSatisfy({ $0 < 0x80 }), let group = UInt16(part, radix: 16)
        else { return nil }
        bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
      }
    }
    return bytes.count <= 16 ? bytes : nil
  }

  /// What streams are counted by: one customer of a provider has a whole /64 of IPv6.
  package var countedAs: IPAddress {
    guard !isIPv4 else { return self }
    return IPAddress(unmapped: Array(bytes.prefix(8)) + [UInt8](repeating: 0, count: 8))
  }

  private init(unmapped bytes: [UInt8]) { self.bytes = bytes }
}

/// A range of addresses, such as `10.0.0.0/8`, or one address.
package struct AddressRange: Equatable, Sendable {
  private let start: IPAddress
  private let bits: Int

  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(first) else { return nil }
    let most = address.bytes.count * 8
    var bits = most
    if parts.count == 2 {
      guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(parts[1]), number <= most
      else { return nil }
      bits = number
    }
    start = address
    self.bits = bits
    // `10.0.0.1/8` is a mistake: the writer meant either the address or the range.
    guard Self.isZero(address.bytes, from: bits) else { return nil }
  }

  private static func isZero(_ bytes: [UInt8], from bit: Int) -> Bool {
    (bit..<max(bit, bytes.count * 8)).allSatisfy { bytes[$0 / 8] & (0x80 >> ($0 % 8)) == 0 }
  }

  package func contains(_ address: IPAddress) -> Bool {
    guard address.bytes.count == start.bytes.count else { return false }
    let difference = zip(address.bytes, start.bytes).map { $0 ^ $1 }
    return (0..<bits).allSatisfy { difference[$0 / 8] & (0x80 >> ($0 % 8)) == 0 }
  }
}
