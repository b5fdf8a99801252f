import MQTTClient
import TestSupport
import Testing

@testable import Bridge

@Suite struct ConfigurationLoaderTests {
  private func load(
    flags: [SettingKey: String] = [:], yaml: String? = nil, environment: [String: String] = [:]
  ) throws -> LoadedConfiguration {
    let directory = try TemporaryDirectory()
    let file = try yaml.map { try directory.write($0, to: "bridge.yaml") }
    return try ConfigurationLoader.load(flags: flags, file: file, environment: environment)
  }

  /// The problems of a configuration, without the directory of its file.
  private func problems(
    flags: [SettingKey: String] = [:], yaml: String? = nil, environment: [String: String] = [:]
  ) throws -> [String] {
    do {
      _ = try load(flags: flags, yaml: yaml, environment: environment)
      return []
    } catch let problems as ConfigurationProblems {
      return problems.list.map { problem in
        let text = problem.description
        let start = text.firstRange(of: "bridge.yaml")?.lowerBound ?? text.startIndex
        return String(text[start...])
      }
    }
  }

  @Test func `without any source every value is the default`() throws {
    let loaded = try load()
    #expect(loaded.configuration.http.listen.settingText == "127.0.0.1:8080")
    #expect(loaded.configuration.mqtt.broker.description == "mqtt://127.0.0.1:1883")
    #expect(loaded.configuration.publishing.queueBytes == .gibibytes(1))
    #expect(SettingKey.allCases.allSatisfy { loaded.source(of: $0) == .builtIn })
  }

  @Test func `a flag beats a variable and a variable beats the file`() throws {
    let yaml = "ack_wait: 1\nheartbeat: 6\nstreams: 7\n"
    let environment = ["MQTT_BRIDGE_ACK_WAIT": "2", "MQTT_BRIDGE_HEARTBEAT": "8s"]
    let loaded = try load(flags: [.ackWait: "3s"], yaml: yaml, environment: environment)
    #expect(loaded.configuration.publishing.ackWait == .seconds(3))
    #expect(loaded.configuration.streams.heartbeat == .seconds(8))
    #expect(loaded.configuration.streams.limit == 7)
    #expect(loaded.source(of: .ackWait) == .flag(.ackWait))
    #expect(loaded.source(of: .heartbeat) == .variable("MQTT_BRIDGE_HEARTBEAT"))
    #expect(loaded.source(of: .streams).description.hasSuffix("bridge.yaml: streams"))
  }

  @Test func `the environment can name the file, and a flag names another`() throws {
    let directory = try TemporaryDirectory()
    let first = try directory.write("streams: 1\n", to: "first.yaml")
    let second = try directory.write("streams: 2\n", to: "second.yaml")
    let environment = ["MQTT_BRIDGE_CONFIG": first]
    let named = try ConfigurationLoader.load(flags: [:], file: nil, environment: environment)
    #expect(named.configuration.streams.limit == 1)
    let given = try ConfigurationLoader.load(flags: [:], file: second, environment: environment)
    #expect(given.configuration.streams.limit == 2)
  }

  @Test func `an empty variable and a key without a value are not set`() throws {
    let environment = ["MQTT_BRIDGE_USERNAME": "", "MQTT_BRIDGE_CONFIG": ""]
    let loaded = try load(yaml: "username:\nclient_id: ~\n", environment: environment)
    #expect(loaded.configuration.mqtt.username == nil)
    #expect(loaded.configuration.mqtt.clientID == nil)
  }

  @Test func `an empty file is a file without settings`() throws {
    #expect(try problems(yaml: "") == [])
    #expect(try problems(yaml: "# nothing\n") == [])
  }

  @Test func `all problems of all sources are reported together`() throws {
    let found = try problems(
      flags: [.defaultQoS: "3"], yaml: "color: red\nack_wait: 5x\nstreams: [1]\n",
      environment: ["MQTT_BRIDGE_STREAM": "1", "MQTT_BRIDGE_HEARTBEAT": "2", "PATH": "/bin"])
    #expect(
      found == [
        "MQTT_BRIDGE_STREAM: unknown variable",
        "bridge.yaml: color: unknown setting (line 1)",
        "bridge.yaml: streams: must be a single value (line 3)",
        "--default-qos: must be one of 0, 1, 2, not \"3\"",
        "bridge.yaml: ack_wait: must be a number of seconds, or one with ms, s, m, h or d, "
          + "not \"5x\"",
        "MQTT_BRIDGE_HEARTBEAT: must be between 5s and 55s, not \"2\"",
      ])
  }

  @Test(arguments: [
    ("a: b: c", "at line 1"), ("streams: 1\nstreams: 2", "stands there twice"),
    ("- a", "must consist of lines"), ("just text", "must consist of lines"),
    ("username: \"", "at line 1"), ("{{", "not valid YAML"), ("streams: [{a: 1}]", "single value"),
  ])
  func `a file that is not a list of settings is refused`(yaml: String, reason: String) throws {
    let found = try problems(yaml: yaml)
    #expect(found.count == 1 && found.allSatisfy { $0.contains(reason) }, "\(found)")
  }

  @Test func `a file that cannot be read is a problem`() {
    #expect(throws: ConfigurationProblems.self) {
      try ConfigurationLoader.load(flags: [:], file: "/no/such/file", environment: [:])
    }
  }

  @Test(arguments: ["0.0.0.0:8080", "[::]:80", "10.0.0.1:8080", "example.org:8080", "127.1:80"])
  func `without authentication only loopback addresses are accepted`(address: String) throws {
    for key in [SettingKey.listen, .adminListen] {
      let found = try problems(flags: [key: address])
      #expect(found.count == 1)
      #expect(found.first?.contains("no authentication is configured") == true)
    }
  }

  @Test(arguments: ["127.0.0.1:0", "127.9.9.9:80", "localhost:8080", "[::1]:8080"])
  func `loopback addresses are accepted`(address: String) throws {
    #expect(try problems(flags: [.listen: address]) == [])
  }

  @Test func `the two servers need different ports`() throws {
    let found = try problems(flags: [.adminListen: "127.0.0.1:8080"])
    #expect(found.count == 1)
    #expect(try problems(flags: [.listen: "127.0.0.1:0", .adminListen: "127.0.0.1:0"]) == [])
  }
}
