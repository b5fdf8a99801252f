import HTTPFront

/// The options of the two HTTP servers, from the configuration.
enum HTTPOptions {
  static func publicServer(_ configuration: BridgeConfiguration) -> HTTPServerOptions {
    var options = HTTPServerOptions()
    options.threads = configuration.http.threads
    options.connectionsPerAddressMax = configuration.http.connectionsPerAddress
    options.requestTimeout = configuration.http.requestTimeout
    options.streamsMax = configuration.streams.limit
    options.ringBytes = configuration.streams.ringBytes.bytes
    return options
  }

  /// Where the public server listens, and how.
  static func publicListeners(
    _ http: HTTPConfiguration, _ application: any HTTPApplication
  ) -> [HTTPListener] {
    http.listen.list.map { address in
      let isSecure = address.isSecure(withCertificate: http.identity != nil)
      return HTTPListener(
        address.listenerAddress(mode: http.socketMode.bits),
        expectsProxyHeader: http.expectsProxyHeader, tls: isSecure ? http.identity : nil,
        application: application)
    }
  }

  static func adminServer() -> HTTPServerOptions {
    var options = HTTPServerOptions()
    options.connectionsMax = 100
    options.streamsMax = 0
    return options
  }

  static func adminListener(
    _ http: HTTPConfiguration, _ application: any HTTPApplication
  ) -> HTTPListener {
    let address = ListenAddress.tcp(http.adminListen, nil)
    return HTTPListener(address.listenerAddress(mode: 0o600), application: application)
  }
}

extension ListenAddress {
  fileprivate func listenerAddress(mode: UInt32) -> HTTPListener.Address {
    switch self {
    case .tcp(let address, _): .tcp(host: address.host, port: Int(address.port))
    case .unix(let path): .unix(path: path, mode: mode)
    }
  }

  /// How it is named once the system has chosen its port.
  func url(port: Int, isSecure: Bool) -> String {
    switch self {
    case .unix: description
    case .tcp(let address, _):
      (isSecure ? "https://" : "http://")
        + HostPort(host: address.host, port: UInt16(clamping: port)).description
    }
  }
}
