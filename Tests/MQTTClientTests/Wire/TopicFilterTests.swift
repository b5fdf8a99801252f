import MQTTClient
import Testing

@Suite struct TopicFilterTests {
  @Test(arguments: [
    ("a/b", "a/b"), ("a", "a"), ("/", "/"), ("//", "//"), ("#", "a"), ("#", "a/b/c"), ("#", "/"),
    ("+", "a"), ("+/+", "/finance"), ("/+", "/finance"), ("+/", "a/"), ("a/+", "a/"),
    ("sport/tennis/player1/#", "sport/tennis/player1"),
    ("sport/tennis/player1/#", "sport/tennis/player1/ranking"),
    ("sport/#", "sport"), ("sport/+", "sport/"), ("+/tennis/#", "sport/tennis/x/y"),
    ("+/#", "a"), ("/#", "/"), ("/#", "/a"), ("$SYS/#", "$SYS"), ("$SYS/#", "$SYS/broker/uptime"),
    ("$SYS/+/uptime", "$SYS/broker/uptime"), ("$share/g/a/+", "a/b"), ("$share/g/#", "a"),
    ("$share/g//", "/"), ("$share/g/$SYS/#", "$SYS/x"), ("$share", "$share"),
    ("a/+/c", "a/é/c"),
  ]) func `the filter matches`(text: String, topic: String) throws {
    #expect(try TopicFilter(text).matches(topic: topic))
  }

  @Test(arguments: [
    ("a", "b"), ("a", "a/b"), ("a/b", "a"), ("a", "A"), ("a/b", "a/bc"), ("a/bc", "a/b"),
    ("+", "a/b"), ("+", "/a"), ("sport/+", "sport"), ("a/+/c", "a/c"), ("a/#", "ab"),
    ("a/#", "b/a"), ("/#", "a"), ("#", "$SYS/x"), ("+/x", "$SYS/x"), ("+", "$SYS"),
    ("$SYS/#", "SYS/x"), ("$SYS", "$SYS/x"), ("$share/g/#", "$SYS/x"),
    ("$share/g/a", "$share/g/a"), ("a/b/#", "a"), ("#", ""), ("+", ""),
    ("\u{E9}", "e\u{301}"),
  ]) func `the filter does not match`(text: String, topic: String) throws {
    #expect(try !TopicFilter(text).matches(topic: topic))
  }

  @Test(arguments: [
    ("", TopicFilter.Invalid.empty), ("a+", .wildcardInsideLevel(at: 1)),
    ("a/+b", .wildcardInsideLevel(at: 2)), ("a#", .wildcardInsideLevel(at: 1)),
    ("#a", .wildcardInsideLevel(at: 0)), ("a/#/b", .levelAfterHash(at: 2)),
    ("#/", .levelAfterHash(at: 0)), ("++", .wildcardInsideLevel(at: 0)),
    ("a\0", .containsNUL(at: 1)), ("$share/", .shareNameInvalid), ("$share//a", .shareNameInvalid),
    ("$share/g+/a", .shareNameInvalid), ("$share/#", .shareNameInvalid),
    ("$share/g", .sharedFilterMissing), ("$share/g/", .sharedFilterMissing),
    ("$share/g/a#", .wildcardInsideLevel(at: 10)), ("$share/g\0/a", .containsNUL(at: 8)),
    (String(repeating: "a", count: 65_536), .tooLong),
  ]) func `an invalid filter is refused with the reason`(
    text: String, reason: TopicFilter.Invalid
  ) {
    #expect(throws: reason) { try TopicFilter(text) }
  }

  @Test func `a shared filter knows its parts`() throws {
    let filter = try TopicFilter("$share/workers/jobs/+")
    #expect(filter.isShared)
    #expect(filter.shareGroup == "workers")
    #expect(filter.path == "jobs/+")
    #expect(filter.text == "$share/workers/jobs/+")
    #expect(filter.isWildcard)
  }

  @Test func `an ordinary filter is its own path`() throws {
    let filter = try TopicFilter("a/b")
    #expect(!filter.isShared)
    #expect(filter.shareGroup == nil)
    #expect(filter.path == "a/b")
    #expect(!filter.isWildcard)
  }

  @Test func `filters spelled with other code points are different filters`() throws {
    let composed = try TopicFilter("caf\u{E9}")
    let decomposed = try TopicFilter("cafe\u{301}")
    #expect(composed.text == decomposed.text)
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
  }

  @Test func `equal filters have equal hashes`() throws {
    for length in 1...40 {
      let text = String(repeating: "ab/", count: length)
      #expect(try Set([TopicFilter(text), TopicFilter(text)]).count == 1)
    }
  }

  @Test(arguments: [
    ("a", true), ("/", true), ("$SYS/x", true), ("a b/ß", true), ("", false), ("a/+", false),
    ("#", false), ("a\0b", false), (String(repeating: "a", count: 65_535), true),
    (String(repeating: "a", count: 65_536), false),
  ]) func `topic names are checked`(topic: String, isValid: Bool) {
    #expect(TopicName.isValid(topic) == isValid)
  }
}
