import HTTPFront
import Testing

@Suite struct QueryTests {
  @Test func `parameters keep their order and repeats`() throws {
    let query = Query(raw: "topic=a&qos=1&topic=b%2Fc&empty=&flag&=x&a=b=c".utf8)
    #expect(
      try query.parameters.map { try $0.name } == [
        "topic", "qos", "topic", "empty", "flag", "", "a",
      ])
    #expect(try query.all("topic").map { try $0.value() } == ["a", "b/c"])
    #expect(try query.first("flag")?.value() == "")
    #expect(try query.first("a")?.value() == "b=c")
    #expect(query.first("nothing") == nil)
  }

  @Test func `names are decoded before they are compared`() throws {
    let query = Query(raw: "to%70ic=x&a+b=y&bad%=z".utf8)
    #expect(try query.first("topic")?.value() == "x")
    #expect(try query.first("a b")?.value() == "y")
    #expect(throws: PercentDecodingError.badEscape(at: 3)) {
      try query.parameters[2].name
    }
  }

  @Test func `empty parts are no parameters`() {
    #expect(Query(raw: "".utf8).isEmpty)
    #expect(Query(raw: "&&&".utf8).isEmpty)
    #expect(Query(raw: "&a=1&".utf8).parameters.count == 1)
  }

  @Test(arguments: [
    ("/a/b?x=1", "/a/b", 1), ("/a", "/a", 0), ("/a?", "/a", 0), ("http://h:80/a?x", "/a", 1),
    ("http://h", "/", 0), ("*", "*", 0), ("/a?b?c=1", "/a", 1), ("/a://b", "/a://b", 0),
    ("/a?\u{301}=1", "/a", 1), ("h://\u{301}/\u{301}b?", "/\u{301}b", 0),
  ])
  func `a target is cut into path and query`(target: String, path: String, count: Int) {
    let head = RequestHead(method: "GET", target: target)
    #expect(head.path == path)
    #expect(head.query.parameters.count == count)
  }
}
