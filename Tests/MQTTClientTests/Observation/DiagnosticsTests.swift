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
}
