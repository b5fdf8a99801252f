import Glibc
import TestSupport
import Testing

@testable import Bridge

@Suite struct ReloadTests {
  @Test(arguments: SettingKey.allCases)
  func `what is reloadable is taken, and the rest only named`(key: SettingKey) throws {
    let samples: [SettingKey: String] = [
      .payloadBytes: "7", .defaultQoS: "2", .ackWait: "7s", .expiresIn: "7s", .properties: "drop",
      .requireIdempotencyKey: "true", .stamp: "true", .topicsPerStream: "7", .heartbeat: "7s",
      .writeStall: "7s", .readyRequiresBroker: "true", .logLevel: "trace", .backups: "/b",
      .accessLog: "true", .traceContext: "false",
      .jwtSecretFile: "/s", .jwtAlgorithm: "HS512", .jwtKeyFile: "/k", .jwksFile: "/j",
      .jwksURL: "https://id.example/keys", .jwksCAFile: "/c",
      .jwtIssuer: "i", .jwtAudience: "a", .jwtLeeway: "7s", .accessFile: "/a",
      .allowedOrigins: "https://a.example", .cookie: "true", .trustedProxies: "192.0.2.1",
      .proxyHeader: "Forwarded", .publishRate: "7/s", .publishBurst: "7", .listen: "127.0.0.1:7",
      .data: "/d", .inflight: "7", .clientID: "c", .tlsCertificate: "/t", .tlsKey: "/u",
      .tlsClientCA: "/v", .tlsClientCertificates: "required",
    ]
    let setting = SettingCatalogue.setting(key)
    // A secret is no text that could be compared.
    guard let text = samples[key] else { return #expect(!key.isReloadable || setting.isSecret) }
    var running = BridgeConfiguration()
    running.http.tls.certificate = "/old"
    var fresh = running
    try setting.apply(text, to: &fresh)
    let reload = Reload(fresh, into: &running)
    #expect(reload.applied == (key.isReloadable ? [key] : []))
    #expect(reload.delayed == (key.isReloadable ? [] : [key]))
    #expect((setting.text(in: running) == text) == key.isReloadable)
    #expect(setting.explanation.hasSuffix(" Reloadable.") == key.isReloadable)
  }
}

extension ReloadTests {
  @Test(arguments: [(nil, "/c"), ("/c", nil)] as [(String?, String?)])
  func `TLS begins and ends at a start only`(old: String?, new: String?) {
    var running = BridgeConfiguration()
    running.http.tls.certificate = old
    var fresh = BridgeConfiguration()
    fresh.http.tls.certificate = new
    let reload = Reload(fresh, into: &running)
    #expect(reload.applied == [] && reload.delayed == [.tlsCertificate])
    #expect(running.http.tls.certificate == old)
  }
}

extension EndToEnd {
  @Suite struct ReloadSignalTests {
    private func start(
      _ broker: Mosquitto, _ file: String
    ) throws -> RunningProgram {
      try RunningProgram(broker, flags: ["--config", file])
    }

    private func wait(_ bridge: RunningProgram, for text: String) throws {
      let line = bridge.process.errors.first(within: .seconds(20)) { $0.contains(text) }
      if line == nil { throw TestFailure("no '\(text)' in \(bridge.process.errors.text)") }
    }

    @Test func `a reload changes limits without dropping a stream, and names what must wait`()
      throws
    {
      let broker = try Mosquitto()
      let folder = try TemporaryDirectory()
      let file = try folder.write("payload_bytes: 4\n", to: "bridge.yaml")
      let bridge = try start(broker, file)
      let stream = try bridge.open("topic=a").reader
      #expect(try bridge.client.post("/publish?topic=a", "12345").status == 413)
      try folder.write("payload_bytes: 5\nlog_level: debug\ninflight: 7\n", to: "bridge.yaml")
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: #""settings":"payload_bytes, log_level""#)
      try wait(bridge, for: #""settings":"inflight""#)
      #expect(try bridge.client.post("/publish?topic=a", "12345").status == 200)
      #expect(try stream.payloads(1) == ["12345"])
    }

    @Test func `keys and grants are read again, and open streams go on`() throws {
      let broker = try Mosquitto()
      let folder = try TemporaryDirectory()
      let secret = try folder.write(TestToken.secret, to: "secret")
      let access = try folder.write(
        ##"anonymous: {publish: ["a"], subscribe: ["a"]}"##, to: "access.yaml")
      let bridge = try RunningProgram(
        broker: broker.url, flags: ["--jwt-secret-file", secret, "--access-file", access])
      let stream = try bridge.open("topic=a").reader
      let token = try TestToken.make("bob", grants: ##""publish":["#"]"##)
      let headers = [TestToken.header(token)]
      #expect(try bridge.client.post("/publish?topic=b", "x").status == 401)
      #expect(try bridge.client.post("/publish?topic=b", "x", headers: headers).status < 300)
      try folder.write("another secret, which is long enough too", to: "secret")
      try folder.write(##"anonymous: {publish: ["a", "b"], subscribe: ["b"]}"##, to: "access.yaml")
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: "configuration reloaded")
      #expect(try bridge.client.post("/publish?topic=b", "x", headers: headers).status == 401)
      #expect(try bridge.client.post("/publish?topic=b", "x").status < 300)
      #expect(try bridge.client.get("/subscribe?topic=a").status == 401)
      #expect(try bridge.client.post("/publish?topic=a", "still").status < 300)
      #expect(try stream.payloads(1) == ["still"])
    }

    @Test func `a configuration with problems changes nothing and all of them are logged`() throws {
      let broker = try Mosquitto()
      let folder = try TemporaryDirectory()
      let file = try folder.write("payload_bytes: 4\n", to: "bridge.yaml")
      let bridge = try start(broker, file)
      try folder.write("payload_bytes: 5\nack_wait: soon\nnonsense: 1\n", to: "bridge.yaml")
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: "nonsense")
      try wait(bridge, for: "ack_wait")
      #expect(try bridge.client.post("/publish?topic=a", "12345").status == 413)
      bridge.process.signal(SIGTERM)
      #expect(bridge.process.waitForExit() == .status(0))
    }
  }
}
