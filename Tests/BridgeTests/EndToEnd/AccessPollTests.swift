import Foundation
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// What callers get through long polls, how many they may have, and for how long.
  @Suite struct AccessPollTests {
    private static let house = ##""subscribe":["house/#"],"deny":["house/+/secret"]"##

    private func token(_ name: String = "bob", lifetime: Int = 3600) throws -> (String, String) {
      TestToken.header(
        try TestToken.make(name, lifetime: lifetime, grants: Self.house + #","history":true"#))
    }

    /// The place that a poll begins at.
    private func place(
      _ guarded: GuardedProgram, _ token: (String, String), _ filter: String = "house/%23"
    ) throws -> String {
      let answer = try guarded.program.client.get(
        "/subscribe?poll=1&wait=0&topic=\(filter)", headers: [token])
      guard let id = try answer.json.string("last_event_id") else {
        throw TestFailure("no place: \(answer.text)")
      }
      return id
    }

    private func payloads(_ answer: HTTPTestResponse) throws -> [String?] {
      try answer.json.objects("messages").map { $0.string("payload") }
    }

    @Test func `a poll brings what its caller may read, and nothing else wakes it`() throws {
      let guarded = try GuardedProgram()
      let token = try token()
      let id = try place(guarded, token)
      let waiting = try OpenRequest(
        guarded.program, "GET", "/subscribe?poll=1&wait=50&topic=house/%23&last_event_id=\(id)",
        headers: [token])
      try guarded.publish("1", to: "house/1/secret")
      try guarded.publish("2", to: "house/1/open")
      let answer = try waiting.answer()
      #expect(answer.status == 200)
      #expect(try payloads(answer) == ["2"])
      #expect(!answer.text.contains("secret"))
    }

    @Test func `a poll needs the rights of a stream, and to go on that to history`() throws {
      let guarded = try GuardedProgram()
      let client = guarded.program.client
      let bob = TestToken.header(try TestToken.make("bob", grants: Self.house))
      func code(_ query: String, _ headers: [(String, String)]) throws -> String? {
        let answer = try client.get("/subscribe?poll=1&wait=0&\(query)", headers: headers)
        return answer.status == 200 ? nil : try answer.json.string("code")
      }
      #expect(try code("topic=house/a", []) == "token-missing")
      #expect(try code("topic=house/a", [TestToken.header("x.y.z")]) == "token-invalid")
      #expect(try code("topic=%23", [bob]) == "filter-forbidden")
      #expect(try code("topic=house/a&topic=garden", [bob]) == "filter-forbidden")
      #expect(try code("topic=house/a", [bob]) == nil)
      let id = try place(guarded, bob)
      #expect(try code("topic=house/%23&last_event_id=\(id)", [bob]) == "history-forbidden")
      #expect(
        try code("topic=house/%23", [bob, ("Last-Event-ID", id)]) == "history-forbidden")
      #expect(try code("topic=house/%23&since=all", [bob]) == "history-forbidden")
      #expect(try code("topic=house/%23&last_event_id=\(id)", [token()]) == nil)
    }

    @Test func `a poll is answered when its token ends, and a new token goes on from there`() throws
    {
      let guarded = try GuardedProgram(flags: ["--streams-per-caller", "1"])
      let short = try token(lifetime: 3)
      let waiting = try OpenRequest(
        guarded.program, "GET", "/subscribe?poll=1&wait=60&topic=house/%23", headers: [short])
      // Longer than any token of this test, and shorter than the poll would wait.
      let answer = try waiting.answer(within: .seconds(30))
      #expect(answer.status == 200)
      #expect(try payloads(answer) == [])
      let client = guarded.program.client
      let late = try client.get("/subscribe?poll=1&topic=house/%23", headers: [short])
      #expect(late.status == 401)
      #expect(try late.json.string("code") == "token-expired")
      try guarded.publish("x", to: "house/a")
      let id = try #require(try answer.json.string("last_event_id"))
      let next = try client.get(
        "/subscribe?poll=1&wait=20&topic=house/%23&last_event_id=\(id)", headers: [token()])
      #expect(try payloads(next) == ["x"])
    }

    @Test func `waiting polls are counted as streams of their caller, and given back`() throws {
      let guarded = try GuardedProgram(flags: ["--streams-per-caller", "1"])
      let (client, broker) = (guarded.program.client, guarded.broker)
      let waiting = try OpenRequest(
        guarded.program, "GET", "/subscribe?poll=1&wait=50&topic=house/counted",
        headers: [token()])
      #expect(eventually { broker.log.contains { $0.contains("house/counted (QoS") } })
      func status(_ name: String) throws -> Int {
        try client.get("/subscribe?poll=1&wait=0&topic=house/b", headers: [token(name)]).status
      }
      #expect(try status("bob") == 429)
      #expect(try status("eve") == 200)
      try guarded.publish("x", to: "house/counted")
      #expect(try payloads(waiting.answer()) == ["x"])
      for _ in 0..<3 { #expect(try status("bob") == 200) }
    }

    @Test func `a poll waits behind a password that is right, and not behind a wrong one`() throws {
      let guarded = try GuardedProgram()
      func login(_ text: String) -> (String, String) {
        ("Authorization", "Basic " + Data(text.utf8).base64EncodedString())
      }
      let waiting = try OpenRequest(
        guarded.program, "GET", "/subscribe?poll=1&wait=50&topic=house/p",
        headers: [login("alice:\(GuardedProgram.password)")])
      #expect(eventually { guarded.broker.log.contains { $0.contains("house/p (QoS") } })
      let client = guarded.program.client
      let target = "/subscribe?poll=1&wait=50&topic=house/q"
      for wrong in ["alice:wrong", "bob:\(GuardedProgram.password)"] {
        #expect(try client.get(target, headers: [login(wrong)]).status == 401)
      }
      #expect(!guarded.broker.log.contains { $0.contains("house/q (QoS") })
      try guarded.publish("x", to: "house/p")
      #expect(try payloads(waiting.answer()) == ["x"])
    }
  }
}
