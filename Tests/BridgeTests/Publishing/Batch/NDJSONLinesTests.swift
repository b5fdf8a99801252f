import Testing

@testable import Bridge

@Suite struct NDJSONLinesTests {
  private func lines(_ text: String, pieces: Int) -> [NDJSONLines.Line] {
    var scanner = NDJSONLines()
    var lines: [NDJSONLines.Line] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      scanner.feed(rest.prefix(pieces), into: &lines)
      rest = rest.dropFirst(pieces)
    }
    scanner.finish(into: &lines)
    return lines
  }

  @Test(arguments: 1...9)
  func `lines are the same however the bytes are cut`(pieces: Int) {
    let text = "{\"a\":1}\r\n\n \t\n{\"b\":\"\u{E9}\"}\n{}"
    let found = lines(text, pieces: pieces)
    #expect(found.map(\.number) == [1, 4, 5])
    #expect(
      found.map { String(decoding: $0.bytes, as: UTF8.self) }
        == ["{\"a\":1}\r", "{\"b\":\"\u{E9}\"}", "{}"])
  }

  @Test func `a line is given out as soon as its end has come`() {
    var scanner = NDJSONLines()
    var lines: [NDJSONLines.Line] = []
    scanner.feed("1\n2".utf8, into: &lines)
    #expect(lines == [NDJSONLines.Line(number: 1, bytes: [0x31])])
    scanner.finish(into: &lines)
    #expect(lines.count == 2)
  }

  @Test(arguments: ["", "\n", " \r\n\n"])
  func `blanks are no lines`(text: String) {
    #expect(lines(text, pieces: 2).isEmpty)
  }
}
