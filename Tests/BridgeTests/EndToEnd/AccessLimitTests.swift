import Foundation
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// How much callers may use, and what browsers and attackers are told.
  @Suite struct AccessLimitTests {
    private func token(_ name: String = "bob", _ more: String = "") throws -> (String, String) {
      TestToken.header(
        try TestToken.make(name, grants: ##""publish":["#"],"subscribe":["#"]"## + more))
    }

    @Test func `who publishes too fast is told when to go on, and others are not`() throws {
      let guarded = try GuardedProgram(flags: ["--publish-rate", "1/h", "--publish-burst", "2"])
      let client = guarded.program.client
      let first = try client.post("/publish?topic=a", "1", headers: [token()])
      #expect(first.status == 200)
      #expect(first.header("RateLimit-Policy") == #""publish";q=2;w=7200"#)
      #expect(first.header("RateLimit")?.hasPrefix(#""publish";r=1;"#) == true)
      #expect(try client.post("/publish?topic=a", "2", headers: [token()]).status == 200)
      let third = try client.post("/publish?topic=a", "3", headers: [token()])
      #expect(third.status == 429)
      #expect(try third.json.string("code") == "rate-limited")
      #expect(third.header("Retry-After").flatMap { Int($0) } ?? 0 > 0)
      #expect(try third.json.boolean("kept") == false)
      #expect(try client.post("/publish?topic=a", "1", headers: [token("eve")]).status == 200)
    }

    @Test func `streams are counted by caller and by client address, and given back`() throws {
      let guarded = try GuardedProgram(flags: [
        "--streams-per-caller", "1", "--streams-per-address", "2", "--trusted-proxies", "127.0.0.1",
      ])
      let client = guarded.program.client
      func stream(_ name: String, _ address: String, _ query: String = "") throws -> SSEReader {
        try client.stream(
          "/subscribe?topic=a" + query, headers: [token(name), ("X-Forwarded-For", address)])
      }
      let first = try stream("bob", "192.0.2.1")
      #expect(first.response.status == 200)
      #expect(try stream("bob", "192.0.2.2").response.status == 429)
      let second = try stream("eve", "192.0.2.1")
      #expect(second.response.status == 200)
      #expect(try stream("mia", "192.0.2.1").response.status == 429)
      let soft = try stream("mia", "192.0.2.1", "&soft=1")
      #expect(soft.response.status == 200)
      #expect(soft.response.header("Content-Type") == "text/event-stream; charset=utf-8")
      first.close()
      #expect(try eventually { try stream("mia", "192.0.2.1").response.status == 200 })
    }

    @Test func `pages of allowed origins may, on every answer, and others may not`() throws {
      let guarded = try GuardedProgram()
      let client = guarded.program.client
      let origin = ("Origin", GuardedProgram.origin)
      let preflight = try client.request(
        "OPTIONS", "/publish", headers: [origin, ("Access-Control-Request-Method", "POST")])
      #expect(preflight.status == 204)
      #expect(preflight.header("Access-Control-Allow-Origin") == GuardedProgram.origin)
      #expect(preflight.header("Access-Control-Allow-Headers")?.contains("Idempotency-Key") == true)
      let answers = [
        try client.post("/publish?topic=a", "x", headers: [token(), origin]),
        try client.post("/publish?topic=a", "x", headers: [origin]),
        try client.get("/nothing", headers: [origin]),
        try client.stream("/subscribe?topic=a", headers: [token(), origin]).response,
      ]
      #expect(answers.map(\.status) == [200, 401, 404, 200])
      for answer in answers {
        #expect(answer.header("Access-Control-Allow-Origin") == GuardedProgram.origin)
        #expect(answer.header("Vary")?.contains("Origin") == true)
      }
      let other = try client.post(
        "/publish?topic=a", "x", headers: [token(), ("Origin", "https://evil.example")])
      #expect(other.status == 200 && other.header("Access-Control-Allow-Origin") == nil)
    }

    @Test func `a cookie changes something for pages of allowed origins only`() throws {
      let guarded = try GuardedProgram()
      let client = guarded.program.client
      let cookie = ("Cookie", "__Host-bridge=" + (try token().1.dropFirst("Bearer ".count)))
      func post(_ headers: [(String, String)]) throws -> Int {
        try client.post("/publish?topic=a", "x", headers: [cookie] + headers).status
      }
      #expect(try post([]) == 403)
      #expect(try post([("Origin", "https://evil.example")]) == 403)
      #expect(try post([("Origin", "null")]) == 403)
      #expect(try post([("Origin", GuardedProgram.origin)]) == 200)
    }

    @Test func `passwords are checked while others are served, and a wrong one is refused`() throws
    {
      let guarded = try GuardedProgram()
      let client = guarded.program.client
      func post(_ login: String) throws -> HTTPTestResponse {
        let basic = Data(login.utf8).base64EncodedString()
        return try client.post(
          "/publish?topic=house/a", "x", headers: [("Authorization", "Basic \(basic)")])
      }
      for _ in 0..<2 { #expect(try post("alice:\(GuardedProgram.password)").status == 200) }
      for login in ["alice:wrong", "bob:\(GuardedProgram.password)", "alice:"] {
        let answer = try post(login)
        #expect(answer.status == 401)
        #expect(answer.header("WWW-Authenticate")?.contains("Basic realm") == true)
      }
      #expect(!guarded.program.process.errors.text.contains(GuardedProgram.password))
    }

    @Test func `forged and escaped things get nowhere`() throws {
      let guarded = try GuardedProgram()
      let client = guarded.program.client
      let claims = #"{"sub":"x","aud":"mqtt-bridge","exp":4000000000,"mqtt":{"publish":["\#"]}}"#
      let unsigned =
        TestToken.encode(Array(#"{"alg":"none"}"#.utf8)) + "."
        + TestToken.encode(Array(claims.utf8)) + "."
      let other = try TestToken.sign(
        header: #"{"alg":"HS256"}"#, claims: claims, secret: "another secret, also long enough")
      let stronger = try TestToken.sign(header: #"{"alg":"HS512"}"#, claims: claims)
      for token in [unsigned, other, stronger] {
        let answer = try client.post(
          "/publish?topic=a", "x", headers: [TestToken.header(token)])
        #expect(answer.status == 401)
      }
      let house = TestToken.header(
        try TestToken.make("bob", grants: ##""publish":["house/+"],"subscribe":["house/+"]"##))
      for target in [
        "/topics/house/..%2Fa/b", "/topics/house%2Fa%2Fb", "/topics/%2Fhouse/a", "/topics//house/a",
        "/topics/house/%2B/x", "/topics/$SYS/a", "/topics/house/a%2F",
      ] {
        #expect(
          try client.post(target, "x", headers: [house]).status == 403 || target.contains("%2B"))
      }
      for filter in [
        "%23", "house/%23", "house/+/+", "%2Fhouse/+", "$share/g/house/+", "$SYS/%23", "+/a",
      ] {
        let answer = try client.get("/subscribe?topic=\(filter)", headers: [house])
        #expect(answer.status == 403, "\(filter)")
      }
      let twice = try client.post(
        "/publish?topic=house/a", "x", headers: [house, TestToken.header("x.y.z")])
      #expect(twice.status == 401)
    }
  }
}
