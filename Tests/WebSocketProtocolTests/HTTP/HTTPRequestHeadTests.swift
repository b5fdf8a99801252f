import Testing
import WebSocketProtocol

/// Requests, written and read.
@Suite struct HTTPRequestHeadTests {
  @Test func `what is written is read again`() throws {
    let request = HTTPRequestHead(
      method: "CONNECT", target: "broker.example:8883",
      fields: [HTTPField("Host", "broker.example:8883"), HTTPField("X", "ü")])
    let bytes = try request.encoded()
    var reader = HTTPHeadReader()
    let head = try #require(try reader.append(bytes[...]))
    #expect(try HTTPRequestHead(head) == request)
    #expect(head.start == "CONNECT broker.example:8883 HTTP/1.1")
  }

  @Test(arguments: [
    ("/a b", "X", "y", HTTPHeadError.unsendableTarget),
    ("/a\r\nEvil: 1", "X", "y", .unsendableTarget),
    ("", "X", "y", .unsendableTarget),
    ("/ü", "X", "y", .unsendableTarget),
    ("/", "X", "y\r\nEvil: 1", .unsendable(field: "X")),
    ("/", "X", "y\u{0}", .unsendable(field: "X")),
    ("/", "X: y\r\nEvil", "1", .unsendable(field: "(unnamed)")),
    ("/", "", "1", .unsendable(field: "(unnamed)")),
  ])
  func `nothing can smuggle a line into a head`(
    target: String, name: String, value: String, error: HTTPHeadError
  ) {
    let request = HTTPRequestHead(
      method: "GET", target: target, fields: [HTTPField(name, value)])
    #expect(throws: error) { try request.encoded() }
  }

  @Test(arguments: [
    "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "G:T / HTTP/1.1", "GET / HTTP/2",
  ])
  func `malformed request lines are refused`(line: String) throws {
    var reader = HTTPHeadReader()
    let head = try #require(try reader.append(Array("\(line)\r\n\r\n".utf8)[...]))
    #expect(throws: HTTPHeadError.malformedStart) { try HTTPRequestHead(head) }
  }

  @Test func `descriptions do not show the value of a field`() {
    let request = HTTPRequestHead(
      method: "GET", target: "/", fields: [HTTPField("Authorization", "secret")])
    var dumped = ""
    dump(request, to: &dumped)
    #expect(!"\(request)".contains("secret") && !dumped.contains("secret"))
    #expect("\(request)".contains("Authorization"))
  }
}
