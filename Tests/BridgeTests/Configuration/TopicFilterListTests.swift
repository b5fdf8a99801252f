import MQTTClient
import Testing

@testable import Bridge

@Suite struct TopicFilterListTests {
  @Test(arguments: [
    ("none", [], "none"), ("#", ["#"], "#"), ("a/# b", ["a/#", "b"], "a/# b"),
    ("  a\t b\n", ["a", "b"], "a b"), ("$SYS/#", ["$SYS/#"], "$SYS/#"), ("/", ["/"], "/"),
    ("None", ["None"], "None"), ("ß/🜁", ["ß/🜁"], "ß/🜁"),
  ])
  func `filters have blanks between them`(text: String, filters: [String], written: String) throws {
    let list = try TopicFilterList(settingText: text)
    #expect(list.filters.map(\.text) == filters)
    #expect(list.settingText == written)
    #expect(try TopicFilterList(settingText: written) == list)
  }

  @Test(arguments: [
    "", " ", "a#", "a/#/b", "a +b", "$share/g/a", "a $share/g/a", "a\u{0}", "$share/",
  ])
  func `anything else is refused`(text: String) {
    #expect(throws: SettingError.self) { try TopicFilterList(settingText: text) }
  }

  @Test func `the two lists with a name are as they are written`() throws {
    #expect(try TopicFilterList(settingText: TopicFilterList.all.settingText) == .all)
    #expect(try TopicFilterList(settingText: TopicFilterList.none.settingText) == .none)
    #expect(TopicFilterList.all.filters.map(\.text) == ["#"])
  }
}
