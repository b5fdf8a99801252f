import TestSupport
import Testing

@testable import Bridge

@Suite struct BrokerLoginTests {
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

  @Test func `the password file's text is the password, without its line end`() throws {
    let directory = try TemporaryDirectory()
    for text in ["s3cret", "s3cret\n", "s3cret\r\n"] {
      let file = try directory.write(text, to: "password")
      let loaded = try load([.username: "me", .passwordFile: file])
      #expect(loaded.configuration.mqtt.password == Secret("s3cret"))
      #expect(loaded.configuration.mqtt.effectivePassword == Array("s3cret".utf8))
    }
  }

  @Test func `a password file that is empty, missing or beside a password is refused`() throws {
    let directory = try TemporaryDirectory()
    let empty = try directory.write("\n", to: "empty")
    #expect(problems([.passwordFile: empty]).count == 1)
    #expect(problems([.passwordFile: directory.file("missing")]).count == 1)
    let file = try directory.write("a", to: "password")
    let both = problems([.passwordFile: file, .password: "b"])
    #expect(both == ["--password-file: cannot be used together with --password"])
  }

  @Test func `user name and password come from the URL or from the settings, not from both`() throws
  {
    let url = "mqtt://me:pw%21@broker:1884"
    let mqtt = try load([.broker: url]).configuration.mqtt
    #expect(mqtt.effectiveUsername == "me")
    #expect(mqtt.effectivePassword == Array("pw!".utf8))
    #expect(problems([.broker: url, .username: "me"]).count == 1)
    #expect(problems([.broker: url, .password: "pw"]).count == 1)
  }

  @Test func `MQTT 3_1_1 has no password without a user name`() {
    #expect(problems([.mqttVersion: "3.1.1", .password: "x"]).count == 1)
    #expect(problems([.mqttVersion: "5", .password: "x"]) == [])
  }

  @Test func `no report, problem or description shows a secret`() throws {
    let loaded = try load([.password: "hunter2", .username: "me"])
    #expect(!loaded.report.contains("hunter2"))
    var dumped = ""
    dump(loaded, to: &dumped)
    #expect(!dumped.contains("hunter2") && !"\(loaded)".contains("hunter2"))

    let inURL = try load([.broker: "mqtt://me:hunter2@h"])
    dump(inURL, to: &dumped)
    #expect(!inURL.report.contains("hunter2") && !dumped.contains("hunter2"))

    let refused = problems([.broker: "mqtt://me:hunter2@h:x", .password: ""])
    #expect(refused.count == 2)
    #expect(!refused.joined().contains("hunter2"))
  }
}
