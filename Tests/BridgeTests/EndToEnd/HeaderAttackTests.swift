import Foundation
import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// Answers and events into which somebody writes lines, and payloads that want to be pages.
  @Suite struct HeaderAttackTests {
    private let broker: Mosquitto
    private let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    @Test func `a payload that calls itself a page is shown in a sandbox`() throws {
      let page = "<script>fetch('/publish?topic=evil',{method:'POST'})</script>"
      for type in ["text/html", "TEXT/HTML", "image/svg+xml", "application/xhtml+xml", "text/xml"] {
        let put = try bridge.client.request(
          "PUT", "/topics/page", headers: [("Content-Type", type)], body: Array(page.utf8))
        #expect(put.status == 200)
        for target in ["/topics/page", "/topics?topic=page"] {
          let answer = try bridge.client.get(target)
          #expect(answer.header("Content-Type") == type)
          let policy = answer.header("Content-Security-Policy") ?? ""
          #expect(
            policy.hasSuffix("sandbox") && policy.hasPrefix("default-src 'none'"), "\(policy)")
          #expect(answer.header("X-Content-Type-Options") == "nosniff")
          #expect(answer.text == page)
        }
      }
    }

    @Test func `every answer says that its type is what it says`() throws {
      let targets = [
        "/", "/ui", "/ui/", "/ui/main.js", "/ui/nothing", "/mqtt-bridge.js", "/docs",
        "/openapi.yaml", "/openapi.json", "/nothing", "/publish",
        "/retained?filter=a", "/topics/none", "/subscribe", "/history?topic=a", "/messages/x",
        "/%zz", "/subscriptions",
      ]
      for target in targets {
        let answer = try bridge.client.get(target)
        #expect(answer.header("X-Content-Type-Options") == "nosniff", "\(target) \(answer.status)")
      }
      for target in ["/healthz", "/healthz/live", "/metrics", "/admin/status", "/nothing"] {
        let answer = try bridge.adminClient.get(target)
        #expect(answer.header("X-Content-Type-Options") == "nosniff", "\(target)")
      }
      let (reader, _) = try bridge.open("topic=a")
      #expect(reader.response.header("X-Content-Type-Options") == "nosniff")
      let published = try bridge.client.post("/topics/a", "x")
      #expect(published.header("X-Content-Type-Options") == "nosniff")
      let raw = HTTPTestConnection(try LoopbackSocket(port: bridge.port))
      try raw.socket.send("GET / HTTP/1.1\r\n\r\n")
      let refused = try raw.readHead(until: Deadline(after: .seconds(10)))
      #expect(refused.status == 400 && refused.header("X-Content-Type-Options") == "nosniff")
    }

    @Test(arguments: [
      "event=a%0Aevent:%20bridge.close", "event=a%0Ddata:%20x", "event=a%0D%0A%0D%0A",
      "event=%E2%80%A8",
      "event=bridge.close", "event=bridge.%CC%81", "event=", "last_event_id=a%0Ab",
      "heartbeat=15%0A", "since=all%0A", "subscription=a%0Aevent:x",
    ])
    func `a parameter writes no lines into a stream`(query: String) throws {
      let answer = try bridge.client.stream("/subscribe?topic=a&\(query)").response
      #expect(answer.status == 400 || answer.status == 404, "\(query): \(answer.status)")
    }

    @Test func `a payload stays within its event`() throws {
      let payload = "x\n\nevent: bridge.close\ndata: {}\rid: 7\r\n\r\nretry: 1\n\n"
      for envelope in ["json", "none"] {
        let (reader, _) = try bridge.open("topic=lines&retained=ignore&envelope=\(envelope)")
        try bridge.publish(payload, to: "lines")
        let event = try #require(try reader.next())
        #expect(event.name == "message")
        #expect(event.id?.contains("-") == true)
        try bridge.publish("end", to: "lines")
        let last = try #require(try reader.next())
        #expect(last.name == "message" && last.data.contains("end"))
      }
    }

    @Test func `what a publisher wrote begins no line in the head of an answer`() throws {
      // mosquitto lets no such text through; other brokers may.
      let broker = try MQTTClientTesting.ScriptedBroker { received in
        guard received.type == .subscribe else { return [.behave] }
        var publish = Publish(topic: "odd/ü 1%", payload: [120], qos: .atLeastOnce)
        publish.properties.userProperties = [UserProperty("k\r\nA", "v\r\nSet-Cookie: a=b")]
        publish.properties.contentType = "text/html\r\nSet-Cookie: c=d"
        return [.behave, .route(publish)]
      }
      let bridge = try RunningProgram(broker: broker.url, flags: ["--last-value", "odd/#"])
      try bridge.waitForBroker()
      let (reader, _) = try bridge.open("topic=odd/%23")
      #expect(try reader.payloads(1) == ["x"])
      let answer = try bridge.client.get("/topics/odd/%C3%BC%201%25")
      #expect(answer.status == 200 && answer.text == "x")
      #expect(answer.header("Set-Cookie") == nil)
      #expect(answer.header("Mqtt-Topic") == "odd/%C3%BC%201%25")
      #expect(answer.header("Content-Type") == "application/octet-stream")
      let pairs = try #require(
        Data(base64Encoded: answer.header("Mqtt-User-Properties") ?? ""))
      #expect(
        try JSONDecoder().decode([[String]].self, from: pairs)
          == [["k\r\nA", "v\r\nSet-Cookie: a=b"]])
    }

    @Test func `what a client says of itself stands in no header of the answer`() throws {
      let mark = "injected"
      for (name, value) in [
        ("X-Request-Id", mark), ("Request-Id", mark), ("Origin", "https://\(mark).example"),
        ("X-Forwarded-For", mark), ("X-Forwarded-Host", mark), ("Forwarded", "host=\(mark)"),
        ("X-Forwarded-Prefix", "/\(mark)"), ("Host", mark), ("Prefer", "wait=1; \(mark)"),
        ("traceparent", mark), ("Accept", "text/\(mark), */*"), ("Idempotency-Key", mark),
      ] {
        let headers = name == "Host" ? [] : [(name, value)]
        let answer = try bridge.client.post("/publish?topic=a", "x", headers: headers)
        let said = answer.headers.filter { $0.value.contains(mark) }.map(\.name)
        #expect(said.isEmpty, "\(name): \(said)")
      }
      let answer = try bridge.client.get("/nothing%0D%0ASet-Cookie:%20a=b?x=%0D%0A")
      #expect(answer.status == 404 && answer.header("Set-Cookie") == nil)
    }
  }
}
