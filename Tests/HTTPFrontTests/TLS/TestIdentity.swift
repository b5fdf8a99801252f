import HTTPFront
import TestSupport

/// What the servers of the tests show, from the certificates of `TestCertificates`.
enum TestIdentity {
  static func make(
    _ name: String = "server", key: String? = nil, authority: String = "ca",
    _ clients: TLSIdentity.ClientCertificates = .none
  ) throws -> TLSIdentity {
    let files = try TestCertificates.shared()
    func text(_ file: String) throws -> String {
      String(decoding: try files.bytes(file), as: UTF8.self)
    }
    return try TLSIdentity(
      certificate: text("\(name).pem"), key: text("\(key ?? name).key"),
      clientAuthority: clients == .none ? nil : text("\(authority).pem"),
      clientCertificates: clients)
  }
}

/// A server with TLS for one test; it is stopped at the end, whatever happened.
func withTLSServer(
  _ application: TestApplication, _ identity: TLSIdentity? = nil,
  address: HTTPListener.Address = .tcp(host: "127.0.0.1", port: 0),
  expectsProxyHeader: Bool = false,
  _ configure: (inout HTTPServerOptions) -> Void = { _ in },
  _ body: (HTTPServer) throws -> Void
) throws {
  var options = HTTPServerOptions()
  configure(&options)
  let listener = HTTPListener(
    address, expectsProxyHeader: expectsProxyHeader,
    tls: try identity ?? TestIdentity.make(), application: application)
  let server = try HTTPServer(options: options, listeners: [listener])
  try server.start()
  defer {
    server.stop(deadline: .seconds(5))
    server.join()
  }
  try body(server)
}

extension TestClient {
  /// Connects with TLS and trusts the tests' authority.
  static func tls(_ server: HTTPServer, _ options: TestTLSOptions = TestTLSOptions()) throws
    -> TestClient
  {
    try TestClient(port: server.port, tls: options)
  }
}
