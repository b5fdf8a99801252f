/// Where the broker is and as whom to connect: `mqtt://user:password@host:1883`.
///
/// No description shows the password.
public struct BrokerURL: Equatable, Sendable {
  public let host: String
  public let port: UInt16
  public let username: String?
  public let password: Bytes?

  /// Reads a URL; user name and password are percent-decoded.
  public init(_ text: String) throws(BrokerURLError) {
    guard let mark = text.firstRange(of: "://"), Self.isScheme(text[..<mark.lowerBound]) else {
      throw .missingScheme
    }
    let scheme = text[..<mark.lowerBound].lowercased()
    guard scheme == "mqtt" || scheme == "tcp" else {
      let isPlanned = ["mqtts", "ssl", "tls", "ws", "wss", "unix"].contains(scheme)
      throw isPlanned ? .schemeNotAvailable(scheme) : .unknownScheme(scheme)
    }
    let rest = text[mark.upperBound...]
    // The user information may hold anything but a slash, so what ends the authority comes after.
    let authority: Substring
    if let end = rest.firstIndex(where: { "/?#".contains($0) }) {
      guard rest[end...] == "/" else { throw .unexpectedPath }
      authority = rest[..<end]
    } else {
      authority = rest
    }
    let at = authority.lastIndex(of: "@")
    (username, password) = try Self.credentials(at.map { authority[..<$0] })
    let address = at.map { authority[authority.index(after: $0)...] } ?? authority
    (host, port) = try Self.address(address)
  }

  private static func isScheme(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "+") }
  }

  private static func credentials(
    _ text: Substring?
  ) throws(BrokerURLError) -> (String?, Bytes?) {
    guard let text else { return (nil, nil) }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let nameBytes = percentDecoded(name),
      let username = String(validating: nameBytes, as: UTF8.self)
    else { throw .invalidCredentials }
    guard parts.count == 2 else { return (username.isEmpty ? nil : username, nil) }
    guard let password = percentDecoded(parts[1]) else { throw .invalidCredentials }
    return (username.isEmpty ? nil : username, password[...])
  }

  private static func address(
    _ text: Substring
  ) throws(BrokerURLError) -> (host: String, port: UInt16) {
    let host: Substring
    let rest: Substring
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { throw .invalidHost }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard isVersion6(host), rest.isEmpty || rest.first == ":" else { throw .invalidHost }
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      host = text[..<colon]
      rest = text[colon...]
      guard !host.isEmpty else { throw .missingHost }
      guard isName(host) else { throw .invalidHost }
    }
    guard !rest.isEmpty else { return (String(host), 1883) }
    let digits = rest.dropFirst()
    guard digits.utf8.allSatisfy(\.isDigit), let port = UInt16(digits), port != 0 else {
      throw .invalidPort
    }
    return (String(host), port)
  }

  private static func isName(_ text: Substring) -> Bool {
    text.utf8.count <= 253
      && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-._".utf8.contains($0) }
  }

  /// Hexadecimal groups, and after a percent sign the name of an interface.
  private static func isVersion6(_ text: Substring) -> Bool {
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    guard let digits = parts.first, digits.contains(":"), digits.utf8.count <= 45,
      digits.utf8.allSatisfy({ $0.hexValue != nil || ":.".utf8.contains($0) })
    else { return false }
    return parts.count == 1 || (!parts[1].isEmpty && isName(parts[1]))
  }

  private static func percentDecoded(_ text: Substring) -> [UInt8]? {
    var decoded: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = bytes.next()?.hexValue, let low = bytes.next()?.hexValue else { return nil }
      decoded.append(high << 4 | low)
    }
    return decoded
  }
}

extension BrokerURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The URL without user name and password.
  public var description: String {
    host.contains(":") ? "mqtt://[\(host)]:\(port)" : "mqtt://\(host):\(port)"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// What is wrong with a broker URL; never quotes its user name or password.
public enum BrokerURLError: Error, Equatable, Sendable, CustomStringConvertible {
  case missingScheme
  case unknownScheme(String)
  case schemeNotAvailable(String)
  case invalidCredentials
  case missingHost
  case invalidHost
  case invalidPort
  case unexpectedPath

  public var description: String {
    switch self {
    case .missingScheme: "the broker URL needs a scheme, as in mqtt://host:1883"
    case .unknownScheme(let scheme): "\(scheme):// is no MQTT transport; use mqtt://"
    case .schemeNotAvailable(let scheme):
      "\(scheme):// is not available yet; this version connects by mqtt:// (TCP) only"
    case .invalidCredentials: "the user name or password is not percent-encoded correctly"
    case .missingHost: "the broker URL names no host"
    case .invalidHost: "the broker URL's host is neither a name nor an address"
    case .invalidPort: "the broker URL's port is not between 1 and 65535"
    case .unexpectedPath: "a broker URL with the scheme mqtt:// has no path, query or fragment"
    }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
  fileprivate var isLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }

  fileprivate var hexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
