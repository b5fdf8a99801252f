import MQTTClient
import TestSupport
import Testing

@testable import Bridge

@Suite struct BrokerURLSettingTests {
  private func load(_ flags: [SettingKey: String]) throws -> LoadedConfiguration {
    try ConfigurationLoader.load(flags: flags, file: nil, environment: [:])
  }

  private func problems(_ flags: [SettingKey: String]) -> [String] {
    do {
      _ = try load(flags)
      return []
    } catch {
      return ((error as? ConfigurationProblems)?.list ?? []).map(\.description)
    }
  }

  /// What the report's text gives when it is the configuration file.
  private func reread(_ loaded: LoadedConfiguration) throws -> LoadedConfiguration {
    let directory = try TemporaryDirectory()
    let file = try directory.write(loaded.report, to: "bridge.yaml")
    return try ConfigurationLoader.load(flags: [:], file: file, environment: [:])
  }

  @Test(arguments: [
    "mqtt://h:1883", "mqtts://h:8883", "ws://h:80/mqtt", "wss://h:443/a", "unix:///run/m.sock",
    "mqtt+srv://example.org", "mqtts+srv://example.org",
    "mqtts://[::1]:1?tls_ca_file=/a%20b/%C3%A4.pem&tls_alpn=mqtt,x&tls_verify_host=false",
    "wss://h:443/a?ws_compression=true&bind_address=127.0.0.1&ping_timeout=3s",
  ])
  func `every way to a broker is a setting that the report gives back`(url: String) throws {
    let loaded = try load([.broker: url])
    #expect(SettingCatalogue.setting(.broker).text(in: loaded.configuration) == url)
    #expect(try reread(loaded).configuration.mqtt.broker == loaded.configuration.mqtt.broker)
  }

  @Test(arguments: [
    "tcp://h": "mqtt://h:1883", "ssl://h": "mqtts://h:8883", "tls://h": "mqtts://h:8883",
  ])
  func `other names of a scheme are understood`(url: String, shown: String) throws {
    #expect(try load([.broker: url]).configuration.mqtt.broker.description == shown)
  }

  @Test func `no secret of a URL is shown, but that there is one`() throws {
    let loaded = try load([
      .broker: "wss://me:hunter2@h/p?token=hunter2&tls_key_password=hunter2&tls_pkcs12=/k.p12"
        + "&proxy=http%3A%2F%2Fu%3Ahunter2@p%3A1&ws_header=X%3Ahunter2"
    ])
    #expect(!loaded.report.contains("hunter2"))
    let line = loaded.report.split(separator: "\n").first { $0.hasPrefix("broker:") }
    let expected =
      "broker: \"wss://h:443/p?tls_pkcs12=/k.p12\"  # --broker (hidden: user name, password, "
      + "query of the path, tls_key_password, proxy, ws_header)"
    #expect(line.map { String($0) } == expected)
    var dumped = ""
    dump(loaded, to: &dumped)
    #expect(!dumped.contains("hunter2"))
  }

  @Test func `an option that is a setting too takes the place of its default`() throws {
    let loaded = try load([
      .broker: "mqtt://h?client_id=c&version=3.1.1&keep_alive=30s&connect_timeout=2500ms"
        + "&session_expiry=never&inflight=7"
    ])
    for configuration in [loaded.configuration, try reread(loaded).configuration] {
      #expect(configuration.mqtt.clientID == "c")
      #expect(configuration.mqtt.version == .v311)
      #expect(configuration.mqtt.keepAlive == .seconds(30))
      #expect(configuration.mqtt.connectTimeout == .milliseconds(2500))
      #expect(configuration.mqtt.sessionExpiry == .seconds(4_294_967_295))
      #expect(configuration.mqtt.inflight == 7)
    }
    #expect(loaded.source(of: .keepAlive) == .flag(.broker))
    #expect(loaded.report.contains("\nkeep_alive: 30s  # --broker\n"))
    let options = BrokerClientOptions.make(loaded.configuration, clientID: "c")
    #expect(options.session.keepAlive == 30 && options.session.version == .v311)
  }

  @Test func `an option and its setting together are a problem, and so is a value out of bounds`() {
    let found = problems([
      .broker: "mqtt://h?keep_alive=30s&connect_timeout=500ms", .keepAlive: "30s", .streams: "0",
    ])
    #expect(
      found == [
        "--streams: must be between 1 and 1000000, not \"0\"",
        "--keep-alive: the option 'keep_alive' is also in the broker's URL; give it once",
        "--broker: the option 'connect_timeout' must be between 1s and 5m",
      ])
  }

  @Test(arguments: [
    "clean_start=true", "attempts_maximum=1", "refusals_maximum=1", "overflow=drop_oldest",
    "queued_publishes=1", "session_loss=report", "resubscribe=false", "bridge=true",
    "quarantine_after=9", "will_topic=t",
  ])
  func `an option that would break a promise is refused`(item: String) {
    let name = item.prefix { $0 != "=" }
    #expect(
      problems([.broker: "mqtt://h?\(item)"]) == [
        "--broker: must be a URL without the option '\(name)'"
      ])
  }
}
