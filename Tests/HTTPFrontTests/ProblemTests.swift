import HTTPFront
import Testing

@Suite struct ProblemTests {
  private func text(_ response: Response) -> String {
    String(decoding: response.body, as: UTF8.self)
  }

  @Test func `a problem is a document with its members in order`() {
    let problem = Problem(
      .topicInvalid, detail: "'a/#' \"has\" a wildcard\n", hint: "remove it",
      members: [
        .init("kept", .boolean(false)),
        .init("errors", .array([.object([.init("pointer", .string("/topic"))])])),
      ])
    let response = problem.response(to: nil)
    #expect(response.status == 400)
    #expect(response.headers["content-type"] == "application/problem+json")
    #expect(
      text(response)
        == #"{"type":"urn:mqtt-bridge:problem:topic-invalid","title":"Topic is not a valid topic name","#
        + #""status":400,"code":"topic-invalid","detail":"'a/#' \"has\" a wildcard\n","hint":"remove it","#
        + #""kept":false,"errors":[{"pointer":"/topic"}]}"#)
  }

  @Test func `shells may ask for one line`() {
    let head = RequestHead(method: "GET", target: "/", headers: ["Accept": "text/plain"])
    let response = Problem(.draining, detail: "two\nlines").response(to: head)
    #expect(response.headers["Content-Type"] == "text/plain; charset=utf-8")
    #expect(text(response) == "503 draining: two lines\n")
  }

  @Test(arguments: ProblemCode.allCases)
  func `every code has a name, an error status and a title`(code: ProblemCode) {
    #expect((400..<600).contains(code.status))
    #expect(!code.title.isEmpty)
    #expect(
      code.rawValue.utf8.allSatisfy {
        $0 == 0x2D || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
      })
  }
}

@Suite struct JSONValueTests {
  @Test(arguments: [
    ("plain", #""plain""#), ("a\"b\\c", #""a\"b\\c""#), ("\n\r\t", #""\n\r\t""#),
    ("\u{0}\u{1F}", ##""\u0000\u001f""##), ("é/😀", #""é/😀""#), ("", #""""#),
    ("\u{2028}", "\"\u{2028}\""), ("\r\n", #""\r\n""#),
  ])
  func `strings are escaped as far as JSON asks`(text: String, expected: String) {
    #expect(String(decoding: JSONValue.string(text).encoded, as: UTF8.self) == expected)
  }

  @Test func `values nest`() {
    let value = JSONValue.object([
      .init("a", .array([.null, .boolean(true), .integer(-5)])), .init("b", .object([])),
    ])
    #expect(String(decoding: value.encoded, as: UTF8.self) == #"{"a":[null,true,-5],"b":{}}"#)
  }
}

@Suite struct AcceptTests {
  @Test(
    arguments: [
      ([], "application/json"), (["*/*"], "application/json"), (["text/plain"], "text/plain"),
      (["text/*;q=0.5, application/json;q=0.4"], "text/plain"),
      (["application/json; q=0, */*"], "text/plain"), (["image/png"], nil),
      (["text/plain", "application/json"], "application/json"),
      (["TEXT/PLAIN ; Q=1.0 , */* ; q=0.1"], "text/plain"),
      (["nonsense, , text/plain"], "text/plain"),
      (["text/plain;q=0.0004, application/json;q=0.x"], nil),
    ] as [([String], String?)])
  func `the most wanted representation is chosen`(accept: [String], expected: String?) {
    #expect(Accept(accept).best(of: ["application/json", "text/plain"]) == expected)
  }
}

@Suite struct HeaderFieldsTests {
  @Test func `names compare without case and repeats are kept`() {
    var headers: HeaderFields = ["Accept": "a, b", "accept": "c ,, d "]
    #expect(headers["ACCEPT"] == "a, b")
    #expect(headers.list("Accept") == ["a", "b", "c", "d"])
    headers.set("ACCEPT", "x")
    #expect(headers.values("accept") == ["x"])
    #expect(!headers.contains("Acc"))
  }

  @Test func `what could forge a line is taken out`() {
    var headers = HeaderFields()
    headers.append("X-A\r\nEvil: 1", "v\r\nw\u{0}x\u{7F}")
    headers.append("::", "nameless")
    #expect(headers.fields.map(\.name) == ["X-AEvil1"])
    #expect(headers["X-AEvil1"] == "v  w x ")
  }
}
