import Testing

@testable import Bridge

/// The settings of the event log, by their names.
@Suite struct HistorySettingValueTests {
  private static func apply(
    _ key: SettingKey, _ text: String
  ) throws(SettingError) -> BridgeConfiguration {
    var configuration = BridgeConfiguration()
    try SettingCatalogue.setting(key).apply(text, to: &configuration)
    return configuration
  }

  @Test func `every topic is kept for a day unless settings say otherwise`() {
    let configuration = BridgeConfiguration()
    #expect(configuration.history.filter.keeps("a/b"))
    #expect(!configuration.history.filter.keeps("$SYS/a"))
    #expect(configuration.history.record.filters.isEmpty)
    #expect(configuration.history.age == .seconds(86_400))
    #expect(configuration.history.bytes == .gibibytes(1))
    #expect(configuration.streams.unsubscribeLinger == .seconds(300))
  }

  @Test func `each setting reaches its own field`() throws {
    #expect(try Self.apply(.history, "a/# b").history.kept.settingText == "a/# b")
    #expect(try Self.apply(.history, "none").history.kept == .none)
    #expect(try Self.apply(.historyExcept, "a/b").history.except.settingText == "a/b")
    #expect(try Self.apply(.historyAge, "7d").history.age == .seconds(7 * 86_400))
    #expect(try Self.apply(.historyBytes, "5MiB").history.bytes == .mebibytes(5))
    #expect(try Self.apply(.record, "x/#").history.record.settingText == "x/#")
    #expect(
      try Self.apply(.unsubscribeLinger, "90").streams.unsubscribeLinger == .seconds(90))
  }

  @Test func `a setting changes nothing else`() throws {
    for (key, text) in [
      (SettingKey.history, "a"), (.historyExcept, "a"), (.historyAge, "1s"),
      (.historyBytes, "64KiB"), (.record, "a"), (.unsubscribeLinger, "0"),
    ] {
      let changed = try Self.apply(key, text)
      for setting in SettingCatalogue.all where setting.key != key {
        #expect(setting.text(in: changed) == setting.text(in: BridgeConfiguration()))
      }
    }
  }

  @Test func `what is kept without what is excepted`() throws {
    var configuration = try Self.apply(.history, "a/#")
    try SettingCatalogue.setting(.historyExcept).apply("a/secret/#", to: &configuration)
    let filter = configuration.history.filter
    #expect(filter.keeps("a/b") && !filter.keeps("a/secret") && !filter.keeps("b"))
  }

  @Test(arguments: [
    (SettingKey.historyAge, "1s", true), (.historyAge, "3650d", true),
    (.historyAge, "999ms", false),
    (.historyAge, "3651d", false), (.historyAge, "0", false), (.historyBytes, "64KiB", true),
    (.historyBytes, "65535", false), (.historyBytes, "65536GiB", true),
    (.historyBytes, "65537GiB", false), (.unsubscribeLinger, "0", true),
    (.unsubscribeLinger, "1h", true), (.unsubscribeLinger, "3601", false), (.history, "", false),
    (.history, "a#", false), (.historyExcept, "none", true), (.historyExcept, "a/#/b", false),
    (.record, "none", true), (.record, "$share/g/a", false),
  ])
  func `a value within its bounds is taken, another is refused`(
    key: SettingKey, text: String, isTaken: Bool
  ) {
    if isTaken {
      #expect(throws: Never.self) { try Self.apply(key, text) }
    } else {
      #expect(throws: SettingError.self) { try Self.apply(key, text) }
    }
  }
}
