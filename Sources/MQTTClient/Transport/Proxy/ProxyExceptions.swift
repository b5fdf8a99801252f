import EventLoop

/// Which servers are reached without the proxy, as `no_proxy` lists them.
public struct ProxyExceptions: Equatable, Sendable {
  private enum Rule: Equatable, Sendable {
    case everything
    /// The name itself and every name below it.
    case name(String, port: UInt16?)
    case network(SocketAddress.Host, bits: Int)
  }

  private let rules: [Rule]

  /// Reads a list separated by commas or spaces; what cannot be understood matches nothing.
  ///
  /// An entry is `*`, a name that stands for itself and everything below it (`example.org` or
  /// `.example.org`), a name with a port, an IP address, or a network such as `10.0.0.0/8`.
  public init(_ list: String = "") {
    rules = list.split { $0 == "," || $0.isWhitespace }.compactMap(Self.rule)
  }

  /// Whether the server is reached directly.
  public func contains(host: String, port: UInt16) -> Bool {
    let address = HostLookup.literal(host, port: port)?.host
    let name = Self.normalized(host[...])
    return rules.contains { rule in
      switch rule {
      case .everything: true
      case .name(let excepted, let exceptedPort):
        (name == excepted || name.hasSuffix("." + excepted))
          && (exceptedPort ?? port) == port
      case .network(let network, let bits):
        address.map { $0.isInside(network, bits: bits) } ?? false
      }
    }
  }

  private static func rule(_ text: Substring) -> Rule? {
    if text == "*" { return .everything }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if let address = literal(parts[0]) {
      guard parts.count == 2 else { return .network(address, bits: address.bitWidth) }
      guard let bits = Int(parts[1]), 0...address.bitWidth ~= bits else { return nil }
      return .network(address, bits: bits)
    }
    guard parts.count == 1 else { return nil }
    guard let colon = text.lastIndex(of: ":") else {
      return .name(normalized(text), port: nil)
    }
    guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    return .name(normalized(text[..<colon]), port: port)
  }

  private static func literal(_ text: Substring) -> SocketAddress.Host? {
    let digits = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text
    return HostLookup.literal(String(digits), port: 0)?.host
  }

  /// In lower case, without the dots at both ends.
  private static func normalized(_ name: Substring) -> String {
    var name = name.lowercased()[...]
    while name.hasPrefix(".") { name = name.dropFirst() }
    while name.hasSuffix(".") { name = name.dropLast() }
    return String(name)
  }
}

extension SocketAddress.Host {
  fileprivate var bitWidth: Int {
    switch self {
    case .v4: 32
    case .v6: 128
    }
  }

  fileprivate func isInside(_ network: Self, bits: Int) -> Bool {
    switch (self, network) {
    case (.v4(let own), .v4(let other)):
      Self.isEqual(UInt64(own) << 32, UInt64(other) << 32, bits: bits)
    case (.v6(let high, let low, _), .v6(let otherHigh, let otherLow, _)):
      Self.isEqual(high, otherHigh, bits: bits) && Self.isEqual(low, otherLow, bits: bits - 64)
    case (.v4, .v6), (.v6, .v4): false
    }
  }

  /// Whether the leading bits are the same.
  private static func isEqual(_ a: UInt64, _ b: UInt64, bits: Int) -> Bool {
    bits <= 0 || (a ^ b) >> (64 - min(bits, 64)) == 0
  }
}
