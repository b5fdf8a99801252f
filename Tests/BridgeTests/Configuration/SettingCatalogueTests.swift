import ArgumentParser
import TestSupport
import Testing

@testable import Bridge

@Suite struct SettingCatalogueTests {
  @Test func `every key has exactly one setting with an explanation`() {
    #expect(SettingCatalogue.all.count == SettingKey.allCases.count)
    for key in SettingKey.allCases {
      let setting = SettingCatalogue.setting(key)
      #expect(setting.explanation.hasSuffix(".") && !setting.defaultText.isEmpty)
    }
  }

  @Test(arguments: SettingKey.allCases)
  func `every key has a flag that reaches its value`(key: SettingKey) throws {
    let options = try ConfigurationOptions.parse(["--\(key.flag)", "some value"])
    #expect(options.values == [key: "some value"])
  }

  @Test func `the report reads back as the same configuration`() throws {
    let flags: [SettingKey: String] = [
      .broker: "mqtt://[::1]:2000", .clientID: "a \"b\" \\ #c: 'd'", .ackWait: "1500ms",
      .ringBytes: "1048577", .basePath: "/a/b", .httpThreads: "3", .username: "null",
      .data: "007", .logLevel: "trace", .queueQoS0: "true",
    ]
    let loaded = try ConfigurationLoader.load(flags: flags, file: nil, environment: [:])
    let directory = try TemporaryDirectory()
    let file = try directory.write(loaded.report, to: "bridge.yaml")
    let again = try ConfigurationLoader.load(flags: [:], file: file, environment: [:])
    for setting in SettingCatalogue.all {
      #expect(setting.text(in: again.configuration) == setting.text(in: loaded.configuration))
    }
  }

  @Test func `every default is a value that its own setting accepts`() {
    for setting in SettingCatalogue.all where !setting.isSecret {
      let text = setting.text(in: BridgeConfiguration())
      guard !text.isEmpty else { continue }
      var configuration = BridgeConfiguration()
      #expect(throws: Never.self) { try setting.apply(text, to: &configuration) }
      #expect(setting.text(in: configuration) == text)
    }
  }
}
