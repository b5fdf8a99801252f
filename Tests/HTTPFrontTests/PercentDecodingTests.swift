import HTTPFront
import Testing

@Suite struct PercentDecodingTests {
  @Test(arguments: [
    ("a/+/b", "a/+/b"), ("+", "+"), ("+/a", "+/a"), ("a/+", "a/+"), ("+/+/+", "+/+/+"),
    ("a+b", "a b"), ("a/b+", "a/b "), ("a/+b/c", "a/ b/c"), ("++", "  "), ("a/++/b", "a/  /b"),
    ("a%2Bb", "a+b"), ("%2B", "+"), ("a/%2B%2B/b", "a/++/b"), ("a%2F+%2Fb", "a/+/b"),
    ("%23", "#"), ("", ""), ("a%20b", "a b"), ("/+", "/+"), ("$share/g/+/x", "$share/g/+/x"),
    ("+%2B", " +"),
  ])
  func `a plus in a topic filter is itself where it fills a level`(raw: String, decoded: String)
    throws
  {
    #expect(try PercentDecoding.decode(raw.utf8, plus: .topicFilter) == decoded)
  }

  @Test func `elsewhere a plus is a space or itself`() throws {
    #expect(try PercentDecoding.decode("a/+/b+c".utf8, plus: .space) == "a/ /b c")
    #expect(try PercentDecoding.decode("a/+/b+c".utf8, plus: .literal) == "a/+/b+c")
  }

  @Test(arguments: [("%", 0), ("a%4", 1), ("%zz", 0), ("ab%4g", 2), ("%41%", 3), ("%+1", 0)])
  func `a broken escape is refused where it is`(raw: String, position: Int) {
    #expect(throws: PercentDecodingError.badEscape(at: position)) {
      try PercentDecoding.decode(raw.utf8, plus: .space)
    }
  }

  @Test(arguments: ["%FF", "%C3", "%ED%A0%80", "%C0%AF", "a%80"])
  func `bytes that are no UTF-8 are refused`(raw: String) {
    #expect(throws: PercentDecodingError.invalidUTF8) {
      try PercentDecoding.decode(raw.utf8, plus: .space)
    }
  }

  @Test func `NUL is refused, and text is decoded once`() throws {
    #expect(throws: PercentDecodingError.containsNUL) {
      try PercentDecoding.decode("a%00b".utf8, plus: .space)
    }
    #expect(try PercentDecoding.decode("%2525".utf8, plus: .space) == "%25")
    #expect(try PercentDecoding.decode("%c3%a9".utf8, plus: .space) == "é")
  }
}
