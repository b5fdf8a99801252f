/// Where a server listens: a host name or address, and a TCP port.
struct HostPort: Equatable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  let host: String
  /// Port 0 lets the kernel choose a free one.
  let port: UInt16

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT`, with an IPv6 address in brackets.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[colon...].dropFirst())
    else { return nil }
    var host = text[..<colon]
    if host.first == "[" && host.last == "]" {
      host = host.dropFirst().dropLast()
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || ":.%".contains($0) })
      else { return nil }
    } else {
      let isName = host.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0))
      }
      guard !host.isEmpty, isName else { return nil }
    }
    self.init(host: String(host), port: port)
  }

  private static func port(_ text: Substring) -> UInt16? {
    guard text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return UInt16(text)
  }

  /// Whether only programs on this machine can reach it.
  var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

extension HostPort: CustomStringConvertible {
  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
