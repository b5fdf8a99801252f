import EventLoop
import Glibc
import MQTTClient
import TestSupport
import Testing

@Suite struct DiagnosticsTests {
  @Test func `a snapshot says how the client is doing, without a secret`() async throws {
    let test = try ClientFixture({
      $0.session.username = "ann-secret"
      $0.session.password = Bytes("word-secret".utf8)
    })
    try await test.client.connect()
    #expect(await test.client.publish("payload-secret", to: "t").isSuccess)
    let isTold = await soon { test.client.diagnostics.description.contains("127.0.0.1") }
    #expect(isTold)
    let texts = ["\(test.client.diagnostics)", String(reflecting: test.client.diagnostics)]
    #expect(texts.allSatisfy { !$0.contains("secret") })
    _ = await test.client.disconnect()
  }

  @Test(arguments: [InteropWay.tls, .wss])
  func `a snapshot says what TLS has agreed on`(way: InteropWay) async throws {
    let broker = try InteropBroker()
    let client = try MQTTClient(.forTests(broker.url(way)))
    try await client.connect()
    let diagnostics = client.diagnostics
    let tls = try #require(diagnostics.tls)
    #expect(tls.version == "TLSv1.3" && tls.cipherSuite.hasPrefix("TLS_"))
    #expect(tls.certificateSHA256?.count == 32)
    #expect(!tls.isResumed)
    #expect(diagnostics.description.contains("TLSv1.3 \(tls.cipherSuite)"))
    _ = await client.disconnect()
  }

  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3], [true, false])
  func `a snapshot says whether the connection took up an earlier session`(
    version: TLSOptions.Version, resumes: Bool
  ) async throws {
    let broker = try Mosquitto(.secured())
    let sockets = Locked<[Int32]>([])
    var options = try ClientOptions.forTests("mqtts://localhost:\(broker.port)")
    options.tls = TLSOptions(trust: .file(try TestCertificates.shared().path("ca.pem")))
    options.tls.maximumVersion = version
    options.tls.resumesSessions = resumes
    options.connector = { request in
      let socket = try LinkHookTests.connected(to: request.port)
      sockets.withLock { $0.append(socket) }
      return socket
    }
    let client = try MQTTClient(options)
    try await client.connect()
    // With TLS 1.3 the ticket comes after the handshake, and before this answer.
    try await client.publish("x", to: "t").mustSucceed()
    let first = try #require(client.diagnostics.tls)
    #expect(!first.isResumed && first.version == (version == .v1_2 ? "TLSv1.2" : "TLSv1.3"))
    _ = sockets.withLock { shutdown($0[0], Int32(SHUT_RDWR)) }
    #expect(await soon { client.metrics.counters.connections == 2 })
    let second = try #require(client.diagnostics.tls)
    #expect(second.isResumed == resumes && second.version == first.version)
    _ = await client.disconnect()
  }

  @Test func `without TLS nothing has been agreed on`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    #expect(test.client.diagnostics.tls == nil)
    _ = await test.client.disconnect()
  }
}
