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

  @Test func `without TLS nothing has been agreed on`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    #expect(test.client.diagnostics.tls == nil)
    _ = await test.client.disconnect()
  }
}
