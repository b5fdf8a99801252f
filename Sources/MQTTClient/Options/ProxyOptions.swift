/// A proxy between the client and the broker.
///
/// The name of the broker is resolved by the proxy. Descriptions, debug output and mirrors leave out
/// user name and password.
public struct ProxyOptions: Sendable {
  /// What the proxy speaks.
  public enum Kind: String, Equatable, Sendable, CaseIterable {
    /// HTTP CONNECT. [RFC 9110, section 9.3.6]
    case http
    /// HTTP CONNECT inside TLS.
    case https
    /// SOCKS version 5. [RFC 1928, RFC 1929]
    case socks5
  }

  /// What the proxy speaks.
  public var kind: Kind
  /// The name or address of the proxy.
  public var host: String
  /// The port of the proxy.
  public var port: UInt16
  /// For Basic authentication or RFC 1929; nil for none.
  public var username: String?
  /// For Basic authentication or RFC 1929.
  public var password: String?
  /// How the way to an HTTPS proxy is secured.
  public var tls = TLSOptions()
  /// The servers that are reached without the proxy.
  public var exceptions = ProxyExceptions()

  /// A proxy without credentials.
  public init(_ kind: Kind, host: String, port: UInt16) {
    self.kind = kind
    self.host = host
    self.port = port
  }

  /// Reads `http://user:password@host:port`, `https://…`, `socks5://…` or `socks5h://…`.
  ///
  /// Without a port it is 80, 443 or 1080. Both SOCKS schemes leave names to the proxy.
  public init(_ url: String) throws(ProxyURLError) {
    let schemes: [String: (Kind, UInt16)] = [
      "http": (.http, 80), "https": (.https, 443), "socks5": (.socks5, 1080),
      "socks5h": (.socks5, 1080),
    ]
    guard let mark = url.firstRange(of: "://"),
      let (kind, defaultPort) = schemes[url[..<mark.lowerBound].lowercased()]
    else { throw .unknownScheme }
    let rest = url[mark.upperBound...]
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    guard rest[end...].isEmpty || rest[end...] == "/" else { throw .unexpectedPath }
    let authority: URLAuthority
    do throws(URLAuthority.Problem) {
      authority = try URLAuthority(rest[..<end])
    } catch {
      throw .authority(BrokerURLError(error))
    }
    self.init(kind, host: authority.host, port: authority.port ?? defaultPort)
    username = authority.username
    if let bytes = authority.password {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw .authority(.invalidCredentials)
      }
      password = text
    }
  }

  /// The proxy that environment variables name, if they do; nil when none is named.
  ///
  /// The library reads no environment: pass it, for example `ProcessInfo.processInfo.environment`.
  /// The first of `https_proxy`, `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY` that is not empty counts;
  /// without a scheme it is an HTTP proxy. `no_proxy` or `NO_PROXY` becomes `exceptions`.
  public static func fromEnvironment(
    _ environment: [String: String]
  ) throws(ProxyURLError) -> ProxyOptions? {
    func value(_ names: String...) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    guard let url = value("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") else {
      return nil
    }
    var proxy = try ProxyOptions(url.contains("://") ? url : "http://" + url)
    proxy.exceptions = ProxyExceptions(value("no_proxy", "NO_PROXY") ?? "")
    return proxy
  }
}

extension ProxyOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The URL without user name and password.
  public var description: String {
    "\(kind.rawValue)://\(URLAuthority.bracketed(host)):\(port)"
  }

  /// The same as `description`.
  public var debugDescription: String { description }

  /// Shows the description only.
  public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// What is wrong with a proxy URL; never quotes its user name or password.
public enum ProxyURLError: Error, Equatable, Sendable, CustomStringConvertible {
  case unknownScheme
  case unexpectedPath
  /// Host, port or credentials are wrong.
  case authority(BrokerURLError)

  /// A sentence in words, without secrets.
  public var description: String {
    switch self {
    case .unknownScheme: "a proxy URL begins with http://, https://, socks5:// or socks5h://"
    case .unexpectedPath: "a proxy URL has no path, query or fragment"
    case .authority(let error): "the proxy URL: \(error)"
    }
  }
}
