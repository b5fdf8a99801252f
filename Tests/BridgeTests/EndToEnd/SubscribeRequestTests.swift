import TestSupport
import Testing

extension EndToEnd {
  /// `POST` and `QUERY /subscribe`.
  @Suite struct SubscribeRequestTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    private let json = [("Content-Type", "application/json")]
    private let form = [("Content-Type", "application/x-www-form-urlencoded")]

    @Test(arguments: ["POST", "QUERY"])
    func `filters in a body open a stream as those in the query do`(method: String) throws {
      let reader = try bridge.client.lines(
        "/subscribe", method: method, headers: json,
        body: #"{"topics":["a/#",{"topic":"b/+","qos":2}],"qos":0,"x_note":[1]}"#)
      #expect(reader.response.status == 200)
      let opening = try JSONObject(#require(try reader.next()))
      let granted = opening.objects("subscriptions")
      #expect(granted.map { $0.string("topic") } == ["a/#", "b/+"])
      #expect(granted.map { $0.integer("granted_qos") } == [0, 2])
      try bridge.publish("x", to: "b/1")
      #expect(try JSONObject(#require(try reader.next())).string("payload") == "x")
    }

    @Test func `a form is a body too, and the query may say the rest`() throws {
      let reader = try bridge.client.lines(
        "/subscribe?envelope=none", method: "QUERY", headers: form,
        body: "topic=a/%23&topic=b/+&retained=ignore")
      let opening = try JSONObject(#require(try reader.next()))
      #expect(opening.objects("subscriptions").map { $0.string("topic") } == ["a/#", "b/+"])
      try bridge.publish("x", to: "a/1")
      #expect(try reader.next() == "\"x\"")
    }

    @Test func `a body can ask for a poll`() throws {
      let first = try bridge.client.request(
        "QUERY", "/subscribe", headers: json,
        body: Array(#"{"topics":["q/#"],"poll":true,"wait":0}"#.utf8))
      let id = try #require(try first.json.string("last_event_id"))
      try bridge.publish("x", to: "q/1")
      let next = try bridge.client.request(
        "QUERY", "/subscribe", headers: json,
        body: Array(#"{"topic":"q/#","format":"json","wait":30,"last_event_id":"\#(id)"}"#.utf8))
      #expect(try next.json.objects("messages").map { $0.string("payload") } == ["x"])
    }

    @Test func `bodies that cannot be understood are refused`() throws {
      func answer(
        _ body: String, _ headers: [(String, String)], method: String = "POST"
      ) throws -> HTTPTestResponse {
        try bridge.client.request(method, "/subscribe", headers: headers, body: Array(body.utf8))
      }
      let text = try answer("a/#", [("Content-Type", "text/plain")], method: "QUERY")
      #expect(text.status == 415)
      #expect(text.header("accept-query") == "application/json, application/x-www-form-urlencoded")
      #expect(try answer("topic=a", []).status == 415)
      #expect(try answer("{", json).status == 400)
      #expect(try answer("[]", json).status == 400)
      let unknown = try answer(#"{"topics":["a"],"Qos":1}"#, json)
      #expect(try unknown.status == 400 && unknown.json.string("code") == "unknown-parameter")
      #expect(try !unknown.json.has("kept"))
      #expect(try answer("topic=a&y=1", form).status == 400)
      #expect(try answer("", json).status == 400)
      let filler = String(repeating: "x", count: 65_536)
      #expect(try answer(#"{"topic":"a","x_":"\#(filler)"}"#, json).status == 413)
      let twice = try bridge.client.request(
        "POST", "/subscribe?qos=1", headers: json, body: Array(#"{"topic":"a","qos":1}"#.utf8))
      #expect(twice.status == 400)
      let allowed = try bridge.client.request("OPTIONS", "/subscribe").header("allow")
      #expect(allowed == "GET, QUERY, POST, HEAD, OPTIONS")
    }
  }
}
