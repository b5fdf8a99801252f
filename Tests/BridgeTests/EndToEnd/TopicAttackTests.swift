import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// Topics and filters that are written so that somebody reads them as others.
  @Suite struct TopicAttackTests {
    private let guarded: GuardedProgram
    private let house: (String, String)
    private let everything: (String, String)

    init() throws {
      guarded = try GuardedProgram()
      house = TestToken.header(
        try TestToken.make(
          "bob", grants: ##""publish":["house/#"],"subscribe":["house/#"],"history":true"##))
      everything = TestToken.header(
        try TestToken.make("eve", grants: ##""publish":["#"],"subscribe":["#"],"history":true"##))
    }

    /// How often the bridge had to connect to the broker again.
    private func reconnects() throws -> Int? {
      let admin = TestToken.header(try TestToken.make("root", grants: #""admin":true"#))
      return try guarded.program.adminClient.get("/healthz", headers: [admin]).json
        .object("broker")?.integer("reconnects")
    }

    @Test func `a topic in a path is decoded once and taken as it is`() throws {
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: guarded.broker)
      let paths: [(path: String, status: Int, topic: String?)] = [
        ("house/a", 200, "house/a"), ("house%2Fb", 200, "house/b"),
        ("house/../secret", 200, "house/../secret"), ("house/%2e%2e/c", 200, "house/../c"),
        ("house//d", 200, "house//d"), ("house/./e", 200, "house/./e"),
        ("house/%252F", 200, "house/%2F"), ("house%252Ff", 403, nil), ("%2e%2e/house/g", 403, nil),
        ("/house/h", 403, nil), ("HOUSE/i", 403, nil), ("house%EF%BC%8Fj", 403, nil),
        ("secret%2Fhouse/k", 403, nil), ("house/%00", 400, nil), ("house/%C0%AF", 400, nil),
        ("house/%E0%80%AF", 400, nil), ("house/%ED%A0%80", 400, nil), ("house/%F0%9F", 400, nil),
        ("house/%F4%90%80%80", 400, nil), ("house/%FF", 400, nil), ("house/%", 400, nil),
        ("house/%2", 400, nil), ("house/%GG", 400, nil), ("house/%23", 400, nil),
        ("house/%2B", 400, nil), ("house/%0A", 400, nil), ("house/%0D%0Ax", 400, nil),
        ("house/%7F", 400, nil), ("house/%C2%85", 400, nil), ("house/%EF%BF%BF", 400, nil),
        ("house/%EF%B7%90", 400, nil), ("house/%F4%8F%BF%BF", 400, nil),
      ]
      for (path, status, _) in paths {
        let answer = try guarded.program.client.post("/topics/\(path)", "x", headers: [house])
        #expect(answer.status == status, "\(path): \(answer.text)")
      }
      let topics = paths.compactMap(\.topic)
      #expect(eventually { watcher.output.messages.count >= topics.count })
      #expect(watcher.output.messages == topics.map { "1 0 \($0) x" })
      #expect(try reconnects() == 0)
    }

    @Test func `no text of a message can end the connection to the broker`() throws {
      let json = ("Content-Type", "application/json")
      for text in [
        #""topic":"house/\n""#, #""topic":"house/\u007f""#, #""topic":"house/\u0085""#,
        #""topic":"house/\ufdd0""#, #""topic":"house/\udbff\udffe""#, #""topic":"house/\ud800""#,
        #""topic":"house/\u0000""#, #""topic":"house/a","content_type":"text/html\r\nA: b""#,
        #""topic":"house/a","response_topic":"r\u0001""#,
        #""topic":"house/a","content_type":"\u0000""#,
        #""topic":"house/a","user_properties":[["a","b\r\nc"]]"#,
        #""topic":"house/a","user_properties":{"a\n":"b"}"#,
        #""topic":"house/a","user_properties":[["\uffff","b"]]"#,
      ] {
        for qos in 0...2 {
          let answer = try guarded.program.client.post(
            "/publish", #"{"payload":"x","qos":\#(qos),\#(text)}"#, headers: [everything, json])
          #expect(answer.status == 400, "\(text): \(answer.text)")
          #expect(try answer.json.boolean("kept") == false)
        }
      }
      let header = ("Mqtt-User-Property", "a=%0D%0ASet-Cookie:%20b=c")
      let topic = ("Mqtt-Topic", "house/%0D%0Aa")
      let type = ("Content-Type", "text/plain;\tcharset=utf-8")
      let client = guarded.program.client
      #expect(try client.post("/topics/house/a", "x", headers: [house, header]).status == 400)
      #expect(try client.post("/publish", "x", headers: [house, topic]).status == 400)
      #expect(try client.post("/topics/house/a", "x", headers: [house, type]).status == 400)
      #expect(try client.post("/topics/house/a", "x", headers: [house]).status == 200)
      #expect(try reconnects() == 0)
    }

    @Test func `a filter brings what is granted, however it is written`() throws {
      let filters: [(filter: String, status: Int)] = [
        ("%23", 403), ("+/a", 403), ("+/%23", 403), ("$share/g/%23", 403),
        ("%24share%2Fg%2F%23", 403), ("$share/g/house/%23", 403), ("$share/house/%23", 403),
        ("$SYS/%23", 403), ("$sys/%23", 403), ("house", 200), ("/house/%23", 403),
        ("house%252F%23", 400), ("$share/+/house/a", 400), ("$share//house/a", 400),
        ("$share/g", 400), ("$share/g/", 400), ("house/%23/..", 400), ("house/a%23", 400),
        ("house/%00", 400), ("house/%C0%AF", 400), ("house/%ED%A0%80", 400), ("house/%0A", 400),
        ("house/%7F", 400), ("house/%EF%BF%BE", 400),
      ]
      let client = guarded.program.client
      for (filter, status) in filters {
        let stream = try client.stream("/subscribe?topic=\(filter)", headers: [house])
        #expect(stream.response.status == status, "\(filter)")
        let page = try client.get("/history?topic=\(filter)", headers: [house])
        #expect(page.status == status, "\(filter)")
      }
      for filter in ["$SYS/%23", "$share/g/%23", "$share/g/$SYS/%23"] {
        let stream = try client.stream("/subscribe?topic=\(filter)", headers: [everything])
        #expect(stream.response.status == 403, "\(filter)")
      }
      for filter in [#"$share/g/#"#, #"#"#, #"$SYS/#"#] {
        for (method, target, body) in [
          ("POST", "/ticket", #"{"topics":["\#(filter)"]}"#),
          ("PUT", "/subscriptions/x", #"{"topics":["\#(filter)"]}"#),
        ] {
          let answer = try client.request(method, target, headers: [house], body: Array(body.utf8))
          #expect(answer.status == 403 || answer.status == 400, "\(method) \(target) \(filter)")
        }
      }
      let named = #"{"topics":["house/\u0007"]}"#
      let put = try client.request(
        "PUT", "/subscriptions/y", headers: [house], body: Array(named.utf8))
      #expect(put.status == 400)
      #expect(try client.post("/ticket", named, headers: [house]).status == 400)
      #expect(try client.get("/retained?filter=house/%0A", headers: [house]).status == 400)
      #expect(try client.get("/topics/house/%0A", headers: [house]).status == 400)
      #expect(try reconnects() == 0)
    }
  }
}
