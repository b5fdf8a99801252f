import Testing
import WebSocketProtocol

/// Responses as servers and proxies send them, in pieces of any size.
@Suite struct HTTPResponseReaderTests {
  private static let upgrade =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nServer:\t a b \t\r\nX-Empty:\r\n\r\n"

  private static func read(_ text: String) throws(HTTPHeadError) -> HTTPResponseHead? {
    var reader = HTTPResponseReader(bytesMax: 256, fieldsMax: 4)
    return try reader.append(Array(text.utf8)[...])
  }

  @Test func `a response is the same wherever it is cut`() throws {
    let bytes = Array((Self.upgrade + "rest").utf8)
    for cut in 0...(bytes.count - 4) {
      var reader = HTTPResponseReader()
      let early = try reader.append(bytes[..<cut])
      let head = try #require(try early ?? reader.append(bytes[cut...]))
      #expect(head.status == 101 && head.reason == "Switching Protocols")
      #expect(head.minorVersion == 1)
      #expect(head.fields["upgrade"] == "websocket")
      #expect(head.fields["SERVER"] == "a b" && head.fields["x-empty"] == "")
      let rest = early == nil ? reader.rest : reader.rest + bytes[cut...]
      #expect(rest.elementsEqual("rest".utf8), "cut at \(cut)")
    }
  }

  @Test func `interim responses are passed over, but not without end`() throws {
    let interim = "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"
    let head = try Self.read(interim + "HTTP/1.0 200\r\n\r\n")
    #expect(head?.status == 200 && head?.reason == "" && head?.minorVersion == 0)
    #expect(throws: HTTPHeadError.tooLong(limit: 256)) {
      try Self.read(String(repeating: interim, count: 9))
    }
  }

  @Test(arguments: [
    ("HTTP/2 200 OK\r\n\r\n", HTTPHeadError.malformedStart),
    ("HTTP/1.1 20 OK\r\n\r\n", .malformedStart),
    ("HTTP/1.1 +20 OK\r\n\r\n", .malformedStart),
    ("HTTP/1.1 099 OK\r\n\r\n", .malformedStart),
    ("HTTP/1.1\r\n\r\n", .malformedStart),
    ("\r\n\r\n", .malformedStart),
    ("\n", .malformedStart),
    ("SSH-2.0-OpenSSH\n", .malformedStart),
    ("HTTP/1.1 200 OK\u{0}\r\n\r\n", .malformedStart),
    ("HTTP/1.1 200 OK\r\n folded\r\n\r\n", .malformedField),
    ("HTTP/1.1 200 OK\r\nA: b\n\r\n", .malformedField),
    ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .malformedField),
    ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", .malformedField),
    ("HTTP/1.1 200 OK\r\nnothing\r\n\r\n", .malformedField),
    ("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", .malformedField),
    ("HTTP/1.1 200 OK\r\nA:1\r\nA:2\r\nA:3\r\nA:4\r\nA:5\r\n\r\n", .tooManyFields(limit: 4)),
    (String(repeating: "x", count: 257), .tooLong(limit: 256)),
    ("HTTP/1.1 200 OK\r\n" + String(repeating: "x", count: 257), .tooLong(limit: 256)),
  ])
  func `what is no HTTP response is refused`(text: String, error: HTTPHeadError) {
    #expect(throws: error) { try Self.read(text) }
  }

  @Test func `a list is one over several fields`() throws {
    let head = try Self.read(
      "HTTP/1.1 101 X\r\nConnection: keep-alive, \r\nConnection: ,UPGRADE\r\n\r\n")
    #expect(head?.fields.list("connection", has: "upgrade") == true)
    #expect(head?.fields.list("connection", has: "up") == false)
    #expect(head?.fields.listElements("Connection") == ["keep-alive", "UPGRADE"])
  }

  @Test func `a summary has no control characters and an end`() {
    let reason = "bad\u{1B}[31m" + String(repeating: "x", count: 1000)
    let summary = HTTPResponseHead(status: 500, reason: reason, fields: []).summary
    #expect(summary.hasPrefix("500 bad[31mxx") && summary.utf8.count == 104)
  }
}
