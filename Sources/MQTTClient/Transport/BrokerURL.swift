/// Where a broker is, as whom to connect, and by what: `mqtts://user:password@host?keep_alive=30s`.
///
///     mqtt  tcp          MQTT on TCP                    host[:1883]
///     mqtts ssl tls      MQTT on TLS                    host[:8883]
///     ws                 MQTT on WebSocket              host[:80][/path], path /mqtt if none
///     wss                MQTT on WebSocket on TLS       host[:443][/path], the same
///     unix mqtt+unix     MQTT on a Unix socket          /path/of/socket, or /@name (abstract)
///     mqtt+srv           MQTT on TCP, by DNS SRV        domain (asks for _mqtt._tcp.domain)
///     mqtts+srv          MQTT on TLS, by DNS SRV        domain (asks for _secure-mqtt._tcp.domain)
///
/// User name, password and the path of a Unix socket are percent-encoded. The query sets options of
/// the client, which `URLOption.all` lists; with the WebSocket schemes, other items stay in
/// the path and go to the server. No description shows user name, password or an item's value.
public struct BrokerURL: Equatable, Sendable {
  /// How the broker is reached.
  public enum Scheme: String, Equatable, Sendable, CaseIterable {
    case mqtt
    case mqtts
    case ws
    case wss
    case unix
    case mqttService = "mqtt+srv"
    case mqttsService = "mqtts+srv"

    /// Whether TLS protects the connection to the broker.
    public var isSecure: Bool {
      switch self {
      case .mqtts, .wss, .mqttsService: true
      case .mqtt, .ws, .unix, .mqttService: false
      }
    }

    /// Whether MQTT is carried by WebSocket.
    public var isWebSocket: Bool { self == .ws || self == .wss }

    /// Whether DNS says which hosts and ports serve the domain. [RFC 2782]
    public var isService: Bool { self == .mqttService || self == .mqttsService }

    /// The port if the URL names none; zero where there is no port.
    public var defaultPort: UInt16 {
      switch self {
      case .mqtt: 1883
      case .mqtts: 8883
      case .ws: 80
      case .wss: 443
      case .unix, .mqttService, .mqttsService: 0
      }
    }

    init?(name: String) {
      switch name {
      case "tcp": self = .mqtt
      case "ssl", "tls": self = .mqtts
      case "mqtt+unix": self = .unix
      default: self.init(rawValue: name)
      }
    }
  }

  /// How the broker is reached.
  public let scheme: Scheme
  /// A name or an address, or the domain of a service; empty for a Unix socket.
  public let host: String
  /// Zero for a Unix socket and for a service.
  public let port: UInt16
  /// Path and query for the WebSocket server, or the path of a Unix socket; otherwise empty.
  public let path: String
  /// Nil without one.
  public let username: String?
  /// Nil without one.
  public let password: Bytes?
  let items: [URLItem]

  /// The names of the query items that set options.
  public var itemNames: [String] { items.map(\.name) }

  /// The longest path of a Unix socket in bytes; an abstract name has one fewer than Linux allows.
  static let socketPathBytesMax = 107

  /// Reads a URL.
  public init(_ text: String) throws(BrokerURLError) {
    guard let mark = text.firstRange(of: "://"), Self.isScheme(text[..<mark.lowerBound]) else {
      throw .missingScheme
    }
    let name = text[..<mark.lowerBound].lowercased()
    guard let scheme = Scheme(name: name) else { throw .unknownScheme(name) }
    self.scheme = scheme
    let rest = text[mark.upperBound...]
    guard !rest.contains("#") else { throw .unexpectedFragment }
    // The user information may hold anything but these, so what ends the authority comes after.
    let authorityEnd = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
    let pathEnd = rest[authorityEnd...].firstIndex(of: "?") ?? rest.endIndex
    let authority = try Self.authority(rest[..<authorityEnd], scheme)
    host = authority.host
    port = authority.port ?? scheme.defaultPort
    username = authority.username
    password = authority.password.map { $0[...] }
    let query = try URLItem.read(rest[pathEnd...].dropFirst(), keepsUnknown: scheme.isWebSocket)
    items = query.items
    path = try Self.path(rest[authorityEnd..<pathEnd], query.rest, scheme)
  }

  /// A URL of these parts, with the path of a WebSocket server or a Unix socket.
  init(
    _ scheme: Scheme, host: String, port: UInt16? = nil, path: String = "",
    username: String? = nil, password: Bytes? = nil
  ) {
    self.scheme = scheme
    self.host = host
    self.port = port ?? scheme.defaultPort
    self.path = path
    self.username = username
    self.password = password
    items = []
  }

  /// The name that DNS is asked for. [RFC 2782]
  var serviceName: String { "\(scheme.isSecure ? "_secure-mqtt" : "_mqtt")._tcp.\(host)" }

  private static func isScheme(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "+")
      }
  }

  private static func authority(
    _ text: Substring, _ scheme: Scheme
  ) throws(BrokerURLError) -> URLAuthority {
    do throws(URLAuthority.Problem) {
      guard scheme != .unix else { return try URLAuthority(withoutHost: text) }
      let authority = try URLAuthority(text)
      guard !scheme.isService || authority.port == nil else { throw .port }
      return authority
    } catch {
      throw scheme.isService && error == .port ? .unexpectedPort : BrokerURLError(error)
    }
  }

  private static func path(
    _ text: Substring, _ query: String, _ scheme: Scheme
  ) throws(BrokerURLError) -> String {
    switch scheme {
    case .mqtt, .mqtts, .mqttService, .mqttsService:
      guard text.isEmpty || text == "/" else { throw .unexpectedPath }
      return ""
    case .ws, .wss:
      let path = (text.isEmpty ? "/mqtt" : String(text)) + (query.isEmpty ? "" : "?" + query)
      guard path.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw .invalidPath }
      return path
    case .unix:
      guard let bytes = URLAuthority.percentDecoded(text),
        let path = String(validating: bytes, as: UTF8.self), !bytes.contains(0)
      else { throw .invalidPath }
      guard path.utf8.count > 1, path != "/@" else { throw .missingPath }
      let socket = path.hasPrefix("/@") ? String(path.dropFirst()) : path
      guard socket.utf8.count <= socketPathBytesMax else { throw .pathTooLong }
      return socket
    }
  }

  /// Sets the options that the query names.
  func apply(to options: inout ClientOptions) {
    for item in items { item.apply(to: &options) }
  }
}

extension BrokerURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The URL without user name, password and query.
  public var description: String {
    switch scheme {
    case .mqtt, .mqtts: "\(scheme.rawValue)://\(URLAuthority.bracketed(host)):\(port)"
    case .ws, .wss:
      "\(scheme.rawValue)://\(URLAuthority.bracketed(host)):\(port)"
        + "\(path.prefix { $0 != "?" })"
    case .unix: "unix://\(path.hasPrefix("@") ? "/" : "")\(path)"
    case .mqttService, .mqttsService: "\(scheme.rawValue)://\(host)"
    }
  }

  /// The same as `description`.
  public var debugDescription: String { description }

  /// Shows the description only.
  public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
