/// One attempt to connect, as the hook `ClientOptions.prepareAttempt` sees and changes it.
///
/// It starts out as the options say, every time; changes hold for this attempt only. So a hook can
/// fetch a fresh token, rotate certificates or look up where the broker is now. The client identifier
/// is not here, because the session at the broker belongs to it.
public struct ConnectAttempt: Sendable {
  /// Counts from 1 since the client was made.
  public let number: UInt64
  /// Why the last connection ended or the last attempt failed; nil before the first attempt.
  public let lastFailure: ConnectionFailure?
  /// The servers to try; an empty list fails the attempt.
  public var servers: [BrokerURL]
  /// Sent in CONNECT; when this and the password are nil, those of the server's URL are.
  public var username: String?
  /// Sent in CONNECT; when this and the user name are nil, those of the server's URL are.
  public var password: Bytes?
  /// How connections are secured, for servers with `mqtts` and `wss`.
  public var tls: TLSOptions
  /// How MQTT goes over a WebSocket, for servers with `ws` and `wss`.
  public var webSocket: WebSocketOptions
  /// The proxy of this attempt.
  public var proxy: ProxyOptions?

  /// The attempt as the options say.
  init(number: UInt64, lastFailure: ConnectionFailure?, options: ClientOptions) {
    self.number = number
    self.lastFailure = lastFailure
    servers = options.servers
    username = options.session.username
    password = options.session.password
    tls = options.tls
    webSocket = options.webSocket
    proxy = options.proxy
  }
}

extension ConnectAttempt: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The number and the servers, without secrets.
  public var description: String {
    "ConnectAttempt(number: \(number), servers: \(servers.map(\.description)), "
      + "username: \(username == nil ? "none" : "set"), "
      + "password: \(password == nil ? "none" : "hidden"), proxy: \(proxy?.description ?? "none"))"
  }

  /// The same as `description`.
  public var debugDescription: String { description }

  /// Shows the description only.
  public var customMirror: Mirror { Mirror(self, children: ["attempt": description]) }
}
