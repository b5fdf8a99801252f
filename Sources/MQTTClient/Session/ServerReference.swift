/// The address of another broker, as a broker writes it. [MQTT 5.0, 4.11]
///
/// Read are `host`, `host:port`, `[v6]:port` and the URIs `mqtt:`, `mqtts:`, `ws:` and `wss:` without
/// user information.
public struct ServerReference: Hashable, Sendable {
  /// How the other broker is reached.
  public enum Scheme: String, Sendable {
    case mqtt, mqtts, ws, wss

    /// Whether the connection is encrypted.
    public var isSecure: Bool { self == .mqtts || self == .wss }
  }

  /// Nil means as the broker that sent the reference.
  public let scheme: Scheme?
  /// In lower case; an IPv6 address without brackets.
  public let host: String
  /// Nil means the usual port of the scheme.
  public let port: UInt16?
  /// With its slash, and the query if there is one; only WebSocket has it.
  public let path: String?

  /// Reads one reference; nil if it is none.
  public init?(_ text: some StringProtocol) {
    var rest = Substring(text)
    if let mark = rest.firstRange(of: "://") {
      guard let scheme = Self.scheme(rest[..<mark.lowerBound].lowercased()) else { return nil }
      self.scheme = scheme
      rest = rest[mark.upperBound...]
    } else {
      scheme = nil
    }
    let isWebSocket = scheme == .ws || scheme == .wss
    if let slash = rest.firstIndex(of: "/") {
      let path = String(rest[slash...])
      guard isWebSocket ? Self.isPath(path) : path == "/" else { return nil }
      self.path = isWebSocket ? path : nil
      rest = rest[..<slash]
    } else {
      path = nil
    }
    guard let (host, port) = Self.address(rest) else { return nil }
    self.host = host
    self.port = port
  }

  private static func scheme(_ text: String) -> Scheme? {
    switch text {
    case "mqtt", "tcp": .mqtt
    case "mqtts", "ssl", "tls": .mqtts
    case "ws": .ws
    case "wss": .wss
    default: nil
    }
  }

  private static func address(_ text: Substring) -> (host: String, port: UInt16?)? {
    let host: Substring
    let rest: Substring
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard isVersion6(host), rest.isEmpty || rest.first == ":" else { return nil }
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      host = text[..<colon]
      rest = text[colon...]
      guard isName(host) else { return nil }
    }
    guard !rest.isEmpty else { return (host.lowercased(), nil) }
    let digits = rest.dropFirst()
    guard digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let port = UInt16(digits), port != 0
    else { return nil }
    return (host.lowercased(), port)
  }

  private static func isName(_ text: Substring) -> Bool {
    (1...253).contains(text.utf8.count)
      && text.utf8.allSatisfy { isLetterOrDigit($0) || "-._".utf8.contains($0) }
  }

  private static func isVersion6(_ text: Substring) -> Bool {
    (2...45).contains(text.utf8.count) && text.contains(":")
      && text.utf8.allSatisfy { isLetterOrDigit($0) || ":.%".utf8.contains($0) }
  }

  private static func isPath(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
      || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
  }

  /// Reads the value of the Server Reference property: references with spaces between them.
  ///
  /// What is none is left out; of very many the first sixteen count.
  public static func list(_ text: String) -> [Self] {
    text.split(separator: " ").lazy.compactMap { Self($0) }.prefix(16).map(\.self)
  }
}

extension ServerReference: CustomStringConvertible {
  /// The reference as a broker would write it.
  public var description: String {
    let address = host.contains(":") ? "[\(host)]" : host
    return (scheme.map { "\($0.rawValue)://" } ?? "") + address + (port.map { ":\($0)" } ?? "")
      + (path ?? "")
  }
}
