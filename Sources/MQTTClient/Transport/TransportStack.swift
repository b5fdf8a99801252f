import EventLoop

/// The layers of one connection, each built once those below it are ready.
///
///     socket ─▶ [TLS to the proxy] ─▶ [proxy] ─▶ [TLS] ─▶ [WebSocket]
final class TransportStack {
  /// What stands on the socket.
  enum Layer {
    case proxyTLS(TLSOptions, host: String)
    case proxy(ProxyOptions, host: String, port: UInt16)
    case tls(TLSOptions, host: String)
    case webSocket(WebSocketRequest, WebSocketOptions)

    var step: LinkStep {
      switch self {
      case .proxyTLS: .proxyTLS
      case .proxy: .proxy
      case .tls: .tls
      case .webSocket: .webSocket
      }
    }
  }

  /// The uppermost layer there is; only the last one carries MQTT.
  private(set) var top: any Transport
  /// What is being set up.
  private(set) var step: LinkStep
  /// The next one is last.
  private var waiting: [Layer]
  private let sessions: TLSSessions
  /// The layer that speaks TLS with the broker.
  private var brokerTLS: TLSTransport?

  /// What was agreed on with the broker; nil without TLS, or before its handshake is done.
  var tls: TLSDetails? { brokerTLS?.details }

  /// Puts the layers, the lowest first, on a connected socket.
  init(_ socket: TCPSocket, _ layers: [Layer], sessions: TLSSessions) {
    top = TCPTransport(socket)
    step = layers.first?.step ?? .connecting
    waiting = layers.reversed()
    self.sessions = sessions
  }

  /// Goes on with the handshakes; true once the uppermost layer carries MQTT.
  func advance() throws(TransportError) -> Bool {
    while try top.advance() {
      guard let layer = waiting.popLast() else { return true }
      step = layer.step
      top = try build(layer)
    }
    return false
  }

  private func build(_ layer: Layer) throws(TransportError) -> any Transport {
    switch layer {
    case .proxyTLS(let options, let host): return try secured(options, host)
    case .tls(let options, let host):
      let transport = try secured(options, host)
      brokerTLS = transport
      return transport
    case .proxy(let proxy, let host, let port):
      return ProxyTransport(over: top, proxy, host: host, port: port)
    case .webSocket(let request, let options):
      return WebSocketTransport(over: top, request: request, options: options)
    }
  }

  private func secured(
    _ options: TLSOptions, _ host: String
  ) throws(TransportError) -> TLSTransport {
    do throws(TLSFailure) {
      let context = try TLSContext(options, sessions: sessions)
      return try TLSTransport(over: top, context: context, host: host)
    } catch {
      throw .tls(error)
    }
  }
}
