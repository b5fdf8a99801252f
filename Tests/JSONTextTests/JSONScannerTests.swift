import Testing

@testable import JSONText

@Suite struct JSONScannerTests {
  private func scan(_ text: String) throws(JSONError) -> JSONNode {
    try JSONScanner.scan(Array(text.utf8))
  }

  @Test(arguments: [
    (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    (#""\u0041\u00e9\u00E9""#, "A\u{E9}\u{E9}"), (#""\u0000""#, "\u{0}"),
    (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00""#, "😀"), (#""\uFFFF""#, "\u{FFFF}"),
    (#""e\u0301""#, "e\u{301}"), (#""ß🜁""#, "ß🜁"), (#""\u007F""#, "\u{7F}"),
  ])
  func `strings are read with their escapes`(text: String, value: String) throws {
    guard case .string(let string) = try scan(text).value else {
      Issue.record("not a string")
      return
    }
    #expect(Array(string.utf8) == Array(value.utf8))
  }

  @Test(arguments: [
    "0", "-0", "7", "10", "-12", "1.5", "0.0", "1e5", "1E+5", "2.50e-10",
    "123456789012345678901234567890",
  ])
  func `numbers keep their text`(text: String) throws {
    #expect(try scan(text).value == .number(text))
  }

  @Test func `values stand where they stand in the text`() throws {
    let text = " { \"a\" : [ 1.50 , true ] ,\r\n\"b\":null\t} "
    let node = try scan(text)
    guard case .object(let members) = node.value else {
      Issue.record("not an object")
      return
    }
    #expect(members.map(\.name) == ["a", "b"])
    let bytes = Array(text.utf8)
    let slices = members.map { String(decoding: bytes[$0.node.range], as: UTF8.self) }
    #expect(slices == ["[ 1.50 , true ]", "null"])
    #expect(members[1].node.isNull)
    #expect(String(decoding: bytes[node.range], as: UTF8.self).first == "{")
    #expect(String(decoding: bytes[node.range], as: UTF8.self).last == "}")
  }

  @Test(arguments: [
    ("", JSONError.Reason.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("tru", .unexpectedEnd, 3),
    ("trux", .unexpectedByte, 3), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3),
    ("[1 2]", .unexpectedByte, 3), ("[,]", .unexpectedByte, 1), ("[1,]", .unexpectedByte, 3),
    ("{\"a\":1,}", .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1),
    ("{\"a\"", .unexpectedEnd, 4),
    ("{", .unexpectedEnd, 1), ("{\"a\" 1}", .unexpectedByte, 5), ("01", .trailingText, 1),
    ("1 2", .trailingText, 2), ("-", .badNumber, 1), ("-a", .badNumber, 1), ("1.", .badNumber, 2),
    (".5", .unexpectedByte, 0), ("+1", .unexpectedByte, 0), ("1e", .badNumber, 2),
    ("1e+", .badNumber, 3), ("NaN", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
    ("\"a", .unexpectedEnd, 2), ("\"\\", .unexpectedEnd, 2), ("\"\\x\"", .badEscape, 3),
    ("\"\\u12g4\"", .badEscape, 5), ("\"\\u12", .unexpectedEnd, 5),
    ("\"\n\"", .controlCharacter, 1), ("\"\u{1F}\"", .controlCharacter, 1),
    ("\"\\ud83d\"", .loneSurrogate, 7), ("\"\\ude00\"", .loneSurrogate, 7),
    ("\"\\ud83d\\n\"", .loneSurrogate, 8), ("\"\\ud83d\\ud83d\"", .loneSurrogate, 13),
    ("\"\\ud83d\\ue000\"", .loneSurrogate, 13),
    ("{\"a\":1,\"a\":2}", .duplicateName, 10), ("{\"a\":1,\"\\u0061\":2}", .duplicateName, 15),
    ("\u{FEFF}1", .unexpectedByte, 0), ("1\u{0}", .trailingText, 1), ("/**/1", .unexpectedByte, 0),
  ])
  func `what is not JSON is refused at its place`(
    text: String, reason: JSONError.Reason, offset: Int
  ) {
    #expect(throws: JSONError(reason: reason, offset: offset)) { try scan(text) }
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xC0, 0x80, 0x22],
    ] as [[UInt8]])
  func `strings that are not UTF-8 are refused`(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONScanner.scan(bytes) }
  }

  @Test func `nesting ends at its limit and not at the stack`() throws {
    let most = JSONScanner.depthMaximum
    _ = try scan(String(repeating: "[", count: most) + String(repeating: "]", count: most))
    let tooDeep = JSONError(reason: .tooDeep, offset: most)
    #expect(throws: tooDeep) { try scan(String(repeating: "[", count: most + 1)) }
    #expect(throws: tooDeep) { try scan(String(repeating: "[", count: 1_000_000)) }
    #expect(throws: JSONError.self) { try scan(String(repeating: "{\"a\":", count: 100_000)) }
  }

  @Test func `every beginning of a text is refused and none traps`() throws {
    let text = Array(#"{"a":[1.5e-3,"\ud83d\ude00\n",{"b":null}],"c":false,"d":-0}"#.utf8)
    _ = try JSONScanner.scan(text)
    for count in 0..<text.count {
      #expect(throws: JSONError.self) { try JSONScanner.scan(Array(text[..<count])) }
    }
  }
}
