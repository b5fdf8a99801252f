/// One address of the public server.
enum ListenAddress: Equatable, Sendable {
  enum Scheme: String, Sendable {
    case http, https
  }

  /// Without a scheme it is https if there is a certificate.
  case tcp(HostPort, Scheme?)
  case unix(path: String)

  init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = text.dropFirst("unix:".count)
      guard path.first == "/", path.count > 1 else { return nil }
      self = .unix(path: String(path))
      return
    }
    var rest = text[...]
    var scheme: Scheme?
    if let colon = text.firstRange(of: "://") {
      guard let named = Scheme(rawValue: String(text[..<colon.lowerBound])) else { return nil }
      scheme = named
      rest = text[colon.upperBound...]
    }
    guard let address = HostPort(String(rest)) else { return nil }
    self = .tcp(address, scheme)
  }

  var hostPort: HostPort? {
    if case .tcp(let address, _) = self { address } else { nil }
  }

  /// Whether only programs on this machine can reach it.
  var isLoopback: Bool { hostPort?.isLoopback ?? true }

  /// Whether TLS is spoken there, if there is a certificate.
  func isSecure(withCertificate hasCertificate: Bool) -> Bool {
    switch self {
    case .unix, .tcp(_, .http): false
    case .tcp(_, .https): true
    case .tcp(_, nil): hasCertificate
    }
  }
}

extension ListenAddress: CustomStringConvertible {
  var description: String {
    switch self {
    case .tcp(let address, nil): "\(address)"
    case .tcp(let address, let scheme?): "\(scheme.rawValue)://\(address)"
    case .unix(let path): "unix:\(path)"
    }
  }
}

/// The addresses of the public server, in the configuration one text with blanks between them.
struct ListenAddresses: Equatable, Sendable {
  let list: [ListenAddress]

  init(_ list: ListenAddress...) { self.list = list }
}

extension ListenAddresses: SettingValue {
  static var placeholder: String { "ADDRESSES" }

  init(settingText text: String) throws(SettingError) {
    let words = text.split(whereSeparator: \.isWhitespace)
    let list = words.compactMap { ListenAddress(String($0)) }
    guard !list.isEmpty, list.count == words.count else {
      throw SettingError(
        expected: "HOST:PORT such as 127.0.0.1:8080 or https://[::]:8443, or unix:/PATH, "
          + "or several of them with blanks in between")
    }
    self.list = list
  }

  var settingText: String { list.map(\.description).joined(separator: " ") }
}
