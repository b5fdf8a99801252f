/// The request that opens a WebSocket, as `WebSocketOptions.prepare` may change it before an attempt.
///
/// Descriptions, debug output and mirrors leave out the query and the values of headers, where
/// signatures and tokens are.
public struct WebSocketRequest: Equatable, Sendable {
  /// Whether TLS is below the WebSocket (`wss`).
  public let isSecure: Bool
  /// The name or address for the header `Host`; it does not change where the attempt connects to.
  public var host: String
  /// The port for the header `Host`, which leaves out the default one.
  public var port: UInt16
  /// The path and, after a question mark, the query; percent-encoded, beginning with a slash.
  public var path: String
  /// Sent after the headers of the handshake itself, which it must not repeat.
  public var headers: [HTTPHeader]

  /// A request for `path` at a host.
  public init(
    host: String, port: UInt16, path: String = "/mqtt", headers: [HTTPHeader] = [],
    isSecure: Bool = false
  ) {
    self.isSecure = isSecure
    self.host = host
    self.port = port
    self.path = path
    self.headers = headers
  }

  /// The value of the header `Host`. [RFC 6455, 4.1]
  package var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }
}

extension WebSocketRequest: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The URL without its query.
  public var description: String {
    let visible = path.prefix { $0 != "?" && $0 != "#" }
    return "\(isSecure ? "wss" : "ws")://\(authority)\(visible)"
  }
  /// The URL without its query.
  public var debugDescription: String { description }
  /// The URL without its query, and the names of the headers.
  public var customMirror: Mirror {
    Mirror(self, children: ["url": description, "headers": headers.map(\.name)])
  }
}
