import HTTPFront
import Testing

@Suite struct RouterTests {
  private enum Endpoint { case publish, publishTo, retained, message, root }

  private func router(basePath: String = "/") -> Router<Endpoint> {
    Router(
      basePath: basePath,
      [
        Route("POST", "/publish", .publish),
        Route("POST", "/topics/{topic...}", .publishTo),
        Route("GET", "/topics/{topic...}", .retained),
        Route("GET", "/messages/{id}", .message),
        Route("GET", "/", .root),
      ])
  }

  private func topic(_ path: String, method: String = "GET") -> String? {
    guard case .found(_, let captures) = router().match(method: method, path: path) else {
      return nil
    }
    return captures["topic"]
  }

  @Test(arguments: [
    ("/topics/a/b", "a/b"), ("/topics//a/b", "/a/b"), ("/topics/a%2Fb", "a/b"),
    ("/topics/a%2Fb/c", "a/b/c"), ("/topics/%2Fa", "/a"), ("/topics/a/", "a/"),
    ("/topics/a+b", "a+b"), ("/topics/%2525", "%25"), ("/topics/é", "é"), ("/topics//", "/"),
    ("/topics/\u{301}a/\u{301}b", "\u{301}a/\u{301}b"),
  ])
  func `a topic is everything behind the prefix, decoded once`(path: String, expected: String) {
    #expect(topic(path) == expected)
  }

  @Test func `the method chooses among routes of one path`() {
    guard case .found(.publishTo, _) = router().match(method: "POST", path: "/topics/a") else {
      Issue.record("POST")
      return
    }
    guard case .found(.retained, _) = router().match(method: "HEAD", path: "/topics/a") else {
      Issue.record("HEAD")
      return
    }
  }

  @Test(arguments: [
    "/topics", "/topics/", "/publish/", "/publish/x", "/messages/", "/messages/a/b", "/publishx",
    "", "*", "/nothing", "//publish", "/messages/a%00/b", "/messages/a\u{0}/b",
  ])
  func `other paths are not found`(path: String) {
    guard case .notFound = router().match(method: "GET", path: path) else {
      Issue.record("\(path) was found")
      return
    }
  }

  @Test func `a known path with another method says which it has`() throws {
    let match = router().match(method: "DELETE", path: "/topics/a")
    let response = try #require(match.refusal(to: RequestHead(method: "DELETE", target: "/x")))
    #expect(response.status == 405)
    #expect(response.headers["Allow"] == "POST, GET, HEAD, OPTIONS")
  }

  @Test func `OPTIONS tells the methods`() throws {
    let match = router().match(method: "OPTIONS", path: "/publish")
    let response = try #require(match.refusal(to: RequestHead(method: "OPTIONS", target: "/x")))
    #expect(response.status == 204)
    #expect(response.headers["Allow"] == "POST, OPTIONS")
  }

  @Test(arguments: ["/topics/a%", "/topics/%FF", "/topics/a%00", "/messages/%4"])
  func `a capture that cannot be decoded is malformed`(path: String) {
    guard case .malformed = router().match(method: "GET", path: path) else {
      Issue.record("\(path) was not malformed")
      return
    }
  }

  @Test func `the first that fits wins, with or without captures`() {
    enum Choice: Equatable { case literal, capture, tail, other }
    func choice(_ path: String, _ routes: [Route<Choice>]) -> Choice? {
      let match = Router(routes).match(method: "GET", path: path)
      return if case .found(let endpoint, _) = match { endpoint } else { nil }
    }
    let literal = Route("GET", "/a/b", Choice.literal)
    let capture = Route("GET", "/a/{name}", Choice.capture)
    let tail = Route("GET", "/{rest...}", Choice.tail)
    #expect(choice("/a/b", [literal, capture, tail]) == .literal)
    #expect(choice("/a/b", [capture, literal, tail]) == .capture)
    #expect(choice("/a/b", [Route("PUT", "/a/b", .other), tail, literal]) == .tail)
    #expect(choice("/a/c", [literal, capture, tail]) == .capture)
    #expect(choice("/a/%62", [literal, capture, tail]) == .literal)
    #expect(choice("/b", [literal, capture]) == nil)
  }

  @Test func `a literal may be written with escapes`() {
    guard case .found(.publish, _) = router().match(method: "POST", path: "/publ%69sh") else {
      Issue.record("not found")
      return
    }
  }

  @Test func `a slash inside a capture does not end it`() {
    guard
      case .found(.message, let captures) = router().match(method: "GET", path: "/messages/a%2Fb")
    else {
      Issue.record("not found")
      return
    }
    #expect(captures == ["id": "a/b"])
  }

  @Test(arguments: ["/mqtt", "/mqtt/", "mqtt"])
  func `routes can live below a base path`(basePath: String) {
    let router = router(basePath: basePath)
    #expect(router.basePath == "/mqtt")
    guard case .found(.publish, _) = router.match(method: "POST", path: "/mqtt/publish"),
      case .found(.root, _) = router.match(method: "GET", path: "/mqtt"),
      case .notFound = router.match(method: "POST", path: "/publish"),
      case .notFound = router.match(method: "POST", path: "/mqttx/publish")
    else {
      Issue.record("base path \(basePath)")
      return
    }
  }
}
