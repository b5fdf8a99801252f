/// Finds the client behind proxies that are trusted: the last hop that is not one of them.
package struct ProxyChain: Equatable, Sendable {
  /// The one header that the proxies write.
  ///
  /// The other may be the client's own and is not read.
  package enum Header: String, CaseIterable, Sendable {
    case forwarded = "Forwarded"
    case xForwardedFor = "X-Forwarded-For"
  }

  package let trusted: [AddressRange]
  package let header: Header

  package init(trusted: [AddressRange], header: Header = .xForwardedFor) {
    self.trusted = trusted
    self.header = header
  }

  private static let hopsMaximum = 100

  package func isTrusted(_ address: IPAddress) -> Bool {
    trusted.contains { $0.contains(address) }
  }

  /// The client of a connection that `peer` opened; `values` are all those of `header`, in their order.
  package func client(peer: IPAddress, values: [String]) -> IPAddress {
    var client = peer
    guard isTrusted(peer) else { return peer }
    for hop in hops(values).reversed().prefix(Self.hopsMaximum) {
      // What a trusted proxy could not name hides whoever is behind it.
      guard let address = hop else { return client }
      client = address
      if !isTrusted(address) { return client }
    }
    return client
  }

  private func hops(_ values: [String]) -> [IPAddress?] {
    values.flatMap { value -> [IPAddress?] in
      switch header {
      case .xForwardedFor: Self.parts(value, at: ",").map { Self.address($0) }
      case .forwarded: Self.parts(value, at: ",").map { Self.forwardedAddress($0) }
      }
    }
  }

  /// Reads `for=192.0.2.1;proto=https`. [RFC 7239]
  private static func forwardedAddress(_ element: String) -> IPAddress? {
    let values = parts(element, at: ";").compactMap { pair -> String? in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, trimmed(sides[0]).lowercased() == "for" else { return nil }
      return trimmed(sides[1])
    }
    guard values.count == 1, var value = values.first else { return nil }
    if value.utf8.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
      value = String(value.dropFirst().dropLast())
    }
    return address(value)
  }

  /// An address, perhaps with a port.
  private static func address(_ text: String) -> IPAddress? {
    let text = trimmed(text[...])
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || isPort(rest) else { return nil }
      let inside = text[..<end].dropFirst()
      return inside.contains(":") ? IPAddress(inside) : nil
    }
    let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
    guard colons == 1, let colon = text.firstIndex(of: ":") else { return IPAddress(text) }
    return isPort(text[colon...]) ? IPAddress(text[..<colon]) : nil
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.hasPrefix(":") && (2...6).contains(text.utf8.count)
      && text.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Cuts at a character that does not stand between quotation marks.
  private static func parts(_ text: String, at separator: Unicode.Scalar) -> [String] {
    var parts = [""]
    var isQuoted = false
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if scalar == separator, !isQuoted {
        parts.append("")
        continue
      }
      if scalar == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && scalar == "\\" && !isEscaped
      parts[parts.count - 1].unicodeScalars.append(scalar)
    }
    return parts
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0 == " " || $0 == "\t" }
    let end = start.reversed().drop { $0 == " " || $0 == "\t" }
    return String(start.prefix(end.count))
  }
}
