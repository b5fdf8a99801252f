import TestSupport
import Testing

extension EndToEnd {
  /// The ways to reach a broker.
  @Suite struct TransportTests {
    @Test(arguments: InteropWay.allCases)
    func `publishes and streams work over every transport`(way: InteropWay) throws {
      let broker = try InteropBroker()
      let subscriber = try MosquittoClient.subscribe(to: ["way"], on: broker.broker)
      let bridge = try RunningProgram(broker: broker.url(way))
      try bridge.waitForBroker()
      let reader = try bridge.client.stream("/subscribe?topic=way&qos=2")
      #expect(try reader.next()?.name == "bridge.open")
      let client = bridge.client
      for qos in 1...2 {
        let answer = try client.post("/topics/way?qos=\(qos)", "\(way) \(qos)")
        #expect(answer.status == 200)
        #expect(try answer.json.string("state") == "acked")
      }
      let payloads = try reader.messages(2).map { try $0.json.string("payload") }
      #expect(payloads == ["\(way) 1", "\(way) 2"])
      #expect(eventually { subscriber.output.messages.count == 2 })
      #expect(subscriber.output.messages == ["1 0 way \(way) 1", "2 0 way \(way) 2"])
    }

    @Test func `the bridge shows the broker its certificate, and nobody its key's password`() throws
    {
      let broker = try Mosquitto(.secured(asksForCertificate: true))
      let files = try TestCertificates.shared()
      let password = TestCertificates.password.replacing(" ", with: "%20")
      let url =
        "mqtts://127.0.0.1:\(broker.port)?tls_ca_file=\(files.path("ca.pem"))"
        + "&tls_certificate=\(files.path("client.pem"))"
        + "&tls_key=\(files.path("client-encrypted.key"))&tls_key_password="
      let bridge = try RunningProgram(broker: url + password)
      try bridge.waitForBroker()
      #expect(try bridge.client.post("/topics/a?qos=2", "x").status == 200)
      #expect(broker.log.contains { $0.contains("'Test client'") })
      let health = try bridge.adminClient.get("/healthz").text
      #expect(!(health + bridge.process.errors.text).contains("sesame"))
    }

    @Test func `a wrong authority is told, and a replaced file is enough to go on`() throws {
      let broker = try Mosquitto(.secured())
      let files = try TestCertificates.shared()
      let folder = try TemporaryDirectory()
      func trust(_ authority: String) throws {
        try folder.write(String(decoding: files.bytes(authority), as: UTF8.self), to: "ca.pem")
      }
      try trust("other.pem")
      let bridge = try RunningProgram(
        broker: "mqtts://127.0.0.1:\(broker.port)?tls_ca_file=\(folder.file("ca.pem"))"
          + "&backoff_maximum=100ms", flags: ["--ready-requires-broker", "true"])
      let (client, probe) = (bridge.client, bridge.adminClient)
      let line = bridge.process.errors.first {
        $0.contains("broker disconnected") && $0.contains("TLS failed")
          && $0.contains("certificate")
      }
      #expect(line != nil, "\(bridge.process.errors.text)")
      #expect(
        try eventually {
          try bridge.health().object("broker")?.string("last_error")?.contains("TLS failed") == true
        })
      let ready = try probe.get("/healthz/ready")
      #expect(ready.status == 503)
      #expect(ready.text.contains("broker is not connected: TLS failed"), "\(ready.text)")
      #expect(
        try client.post("/topics/late?qos=1", "x", headers: [("Prefer", "wait=0")]).status == 202)
      try trust("ca.pem")
      #expect(
        try eventually(within: .seconds(30)) { try probe.get("/healthz/ready").status == 200 })
      #expect(try eventually { try bridge.health().object("store")?.integer("queue") == 0 })
      #expect(try client.post("/topics/late?qos=2", "x").status == 200)
    }
  }
}
