import Foundation
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// What callers get through streams and history, and for how long.
  @Suite struct AccessStreamTests {
    private let guarded: GuardedProgram

    init() throws { guarded = try GuardedProgram() }

    private func open(
      _ query: String, _ headers: [(String, String)]
    ) throws -> (reader: SSEReader, opening: JSONObject) {
      let reader = try guarded.program.client.stream("/subscribe?" + query, headers: headers)
      guard reader.response.status == 200, let first = try reader.next(),
        first.name == "bridge.open"
      else { throw TestFailure("\(query) was answered \(reader.response.status)") }
      return (reader, try first.json)
    }

    @Test func `a denied topic is left out live, retained, in a replay and in history`() throws {
      let token = try TestToken.make(
        "bob", grants: ##""subscribe":["house/#"],"deny":["house/+/secret"],"history":true"##)
      let headers = [TestToken.header(token)]
      try guarded.publish("r1", to: "house/1/secret", query: "&retain=1")
      try guarded.publish("r2", to: "house/1/open", query: "&retain=1")
      let all = TestToken.header(
        try TestToken.make("all", grants: ##""subscribe":["house/#"],"history":true"##))
      let (witness, opening) = try open("topic=house/%23", [all])
      let (reader, _) = try open("topic=house/%23", headers)
      let from = try #require(opening.string("from"))
      try guarded.publish("1", to: "house/2/secret")
      try guarded.publish("2", to: "house/2/open")
      #expect(try Set(witness.payloads(4)) == ["r1", "r2", "1", "2"])
      #expect(try reader.payloads(2) == ["r2", "2"])
      let (replay, _) = try open("topic=house/%23", headers + [("Last-Event-ID", from)])
      try guarded.publish("3", to: "house/2/open")
      #expect(try replay.payloads(2) == ["2", "3"])
      let page = try guarded.program.client.get(
        "/history?topic=house/%23", headers: headers
      ).json.objects("messages")
      let topics = page.compactMap { $0.string("topic") }
      #expect(topics.contains("house/2/open") && !topics.contains { $0.hasSuffix("secret") })
    }

    @Test func `without the right to history a stream that comes back is told what it misses`()
      throws
    {
      let token = TestToken.header(try TestToken.make("bob", grants: ##""subscribe":["house/#"]"##))
      let (witness, _) = try open("topic=house/%23", [token])
      let (first, opening) = try open("topic=house/%23", [token])
      first.close()
      try guarded.publish("1", to: "house/a")
      #expect(try witness.payloads(1) == ["1"])
      let id = try #require(opening.string("from"))
      let (again, reopening) = try open("topic=house/%23", [token, ("Last-Event-ID", id)])
      #expect(reopening.boolean("gap") == true)
      let gap = try #require(try again.next(named: "bridge.gap"))
      #expect(try gap.json.string("reason") == "history_forbidden")
      try guarded.publish("2", to: "house/a")
      #expect(try again.payloads(1) == ["2"])
      let asked = try guarded.program.client.get(
        "/subscribe?topic=house/a&since=1h", headers: [token])
      #expect(asked.status == 403)
      #expect(try asked.json.string("code") == "history-forbidden")
    }

    @Test func `a stream is told before its token ends, and ended then`() throws {
      let token = try TestToken.make("bob", lifetime: 3, grants: ##""subscribe":["house/#"]"##)
      let (reader, _) = try open("topic=house/a", [TestToken.header(token)])
      let notice = try #require(try reader.next(named: "bridge.auth"))
      #expect(try notice.json.has("expires_at"))
      let close = try #require(try reader.next(named: "bridge.close", within: .seconds(20)))
      #expect(try close.json.string("reason") == "token_expired")
      #expect(try close.json.boolean("reconnect") == false)
      #expect(try reader.next() == nil)
    }

    @Test func `a ticket reads its topics, comes back, and does nothing else`() throws {
      let token = TestToken.header(try TestToken.make("bob", grants: ##""subscribe":["house/#"]"##))
      let client = guarded.program.client
      let answer = try client.post(
        "/ticket", #"{"topics":["house/a"],"ttl":30}"#, headers: [token])
      #expect(answer.header("Cache-Control") == "no-store")
      let ticket = try #require(answer.json.string("ticket"))
      for _ in 0..<2 {
        let (reader, _) = try open("topic=house/a&ticket=\(ticket)", [])
        try guarded.publish("1", to: "house/a")
        #expect(try reader.payloads(1) == ["1"])
        reader.close()
      }
      #expect(try client.get("/subscribe?topic=house/b&ticket=\(ticket)").status == 403)
      #expect(try client.get("/subscribe?topic=house/a&ticket=\(ticket)x").status == 401)
      #expect(try client.post("/publish?topic=house/a&ticket=\(ticket)", "x").status == 401)
      #expect(try client.post("/ticket?ticket=\(ticket)", "{}").status == 401)
      let isLogged = guarded.program.process.errors.text.contains(ticket)
      #expect(!isLogged)
    }

    @Test func `a message is known to who sent it and to administrators`() throws {
      func token(_ name: String, _ more: String = "") throws -> (String, String) {
        TestToken.header(try TestToken.make(name, grants: ##""publish":["#"]"## + more))
      }
      let client = guarded.program.client
      let sent = try client.post("/publish?topic=a&qos=1", "x", headers: [token("bob")])
      let path = "/messages/" + (try #require(try sent.json.string("id")))
      #expect(try client.get(path, headers: [token("bob")]).status == 200)
      #expect(try client.get(path, headers: [token("eve")]).status == 404)
      #expect(try client.get(path, headers: [token("root", #","admin":true"#)]).status == 200)
    }

    @Test func `an idempotency key belongs to its sender`() throws {
      let client = guarded.program.client
      func send(_ name: String, _ payload: String) throws -> HTTPTestResponse {
        let token = try TestToken.make(name, grants: ##""publish":["#"]"##)
        return try client.post(
          "/publish?topic=a", payload,
          headers: [TestToken.header(token), ("Idempotency-Key", "one")])
      }
      let first = try send("bob", "1").json.string("id")
      #expect(try send("bob", "1").json.string("id") == first)
      #expect(try send("eve", "2").status == 200)
      #expect(try send("bob", "2").status == 422)
    }
  }
}
