/// A way to the same real broker.
package enum InteropWay: String, CaseIterable, Sendable {
  case tcp, tls, ws, wss, unix
}

/// One mosquitto with a listener for every way.
package final class InteropBroker {
  package let broker: Mosquitto
  private let directory: TemporaryDirectory
  private let ports: [InteropWay: UInt16]

  package init() throws {
    let directory = try TemporaryDirectory()
    let ports = try [InteropWay.tls: FreePort.next(), .ws: FreePort.next(), .wss: FreePort.next()]
    let tls = try Mosquitto.Options.tlsLines()
    var options = Mosquitto.Options()
    options.extraLines =
      ["listener \(ports[.tls, default: 0]) 127.0.0.1"] + tls
      + ["listener \(ports[.ws, default: 0]) 127.0.0.1", "protocol websockets"]
      + ["listener \(ports[.wss, default: 0]) 127.0.0.1", "protocol websockets"] + tls
      + ["listener 0 \(directory.file("socket"))"]
    (self.directory, self.ports) = (directory, ports)
    broker = try Mosquitto(options)
    // It opens the WebSocket listeners last.
    let areOpen = eventually {
      ports.values.allSatisfy { (try? LoopbackSocket(port: $0)) != nil }
    }
    guard areOpen else { throw TestFailure("mosquitto does not open every listener") }
  }

  /// The URL of a way, as a user would write it.
  package func url(_ way: InteropWay) throws -> String {
    let port = ports[way, default: broker.port]
    let authority = try TestCertificates.shared().path("ca.pem")
    return switch way {
    case .tcp: "mqtt://127.0.0.1:\(port)"
    case .tls: "mqtts://127.0.0.1:\(port)?tls_ca_file=\(authority)"
    case .ws: "ws://127.0.0.1:\(port)/mqtt"
    case .wss: "wss://127.0.0.1:\(port)/mqtt?tls_ca_file=\(authority)"
    case .unix: "unix://\(directory.file("socket"))"
    }
  }
}
