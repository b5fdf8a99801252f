import HTTPFront

/// The options of the two HTTP servers, from the configuration.
enum HTTPOptions {
  static func publicServer(_ configuration: BridgeConfiguration) -> HTTPServerOptions {
    var options = HTTPServerOptions()
    options.host = configuration.http.listen.host
    options.port = Int(configuration.http.listen.port)
    options.threads = configuration.http.threads
    options.streamsMax = configuration.streams.limit
    options.ringBytes = configuration.streams.ringBytes.bytes
    return options
  }

  static func adminServer(_ configuration: BridgeConfiguration) -> HTTPServerOptions {
    var options = HTTPServerOptions()
    options.host = configuration.http.adminListen.host
    options.port = Int(configuration.http.adminListen.port)
    options.connectionsMax = 100
    options.streamsMax = 0
    return options
  }
}
