import EventLoop
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What webhooks bring to a real receiver.
  @Suite struct WebhookTests {
    @Test func `messages arrive in order, as streams have them`() throws {
      let receiver = try HTTPReceiver()
      let program = try HookedProgram("w: {topics: [a/+, b], url: \"\(receiver.url)\"}")
      for number in 1...20 { try program.bridge.publish("\(number)", to: "a/\(number % 3)") }
      try program.bridge.publish("other", to: "c")
      try program.bridge.publish("last", to: "b")
      let received = try receiver.waitFor(21)
      #expect(received.payloads == (1...20).map { "\($0)" } + ["last"])
      let first = try JSONObject(received[0].text)
      #expect(received[0].method == "POST" && received[0].header("Bridge-Webhook") == "w")
      #expect(received[0].header("Content-Type") == "application/json")
      #expect(received[0].header("Bridge-Event-ID") == first.string("id"))
      #expect(first.string("topic") == "a/1" && first.integer("qos") == 1)
      let stream = try program.bridge.open("topic=a/%2B", after: "earliest").reader
      #expect(try stream.messages(1)[0].data == received[0].text)
      #expect(Set(received.map { $0.header("Idempotency-Key") }).count == 21)
      #expect(try program.waitUntilDone())
    }

    @Test func `a batch is an array or lines, and a payload goes as it is`() throws {
      let receiver = try HTTPReceiver()
      let program = try HookedProgram(
        """
        array: {topics: a, url: "\(receiver.url)/array", batch_max: 3, batch_wait: 60s}
        lines: {topics: a, url: "\(receiver.url)/lines", batch_max: 3, batch_wait: 60s, body: ndjson}
        raw: {topics: b, url: "\(receiver.url)/raw", body: payload, method: PUT}
        """)
      for number in 1...7 { try program.bridge.publish("\(number)", to: "a") }
      let raw = try program.bridge.client.post(
        "/publish?topic=b&content_type=text/csv&retain=true", "1;2\n3")
      #expect(raw.status == 200)
      let received = try receiver.waitFor(5)
      let array = received.filter { $0.path == "/hook/array" }
      let lines = received.filter { $0.path == "/hook/lines" }
      #expect(array.count == 2 && lines.count == 2)
      let elements = try array.map {
        try JSONSerialization.jsonObject(with: Data($0.body)) as? [[String: Any]] ?? []
      }
      let expected = [["1", "2", "3"], ["4", "5", "6"]]
      #expect(elements.map { $0.map { $0["payload"] as? String } } == expected)
      #expect(
        try lines.map {
          try $0.text.split(separator: "\n").map { try JSONObject(String($0)).string("payload") }
        } == expected)
      #expect(lines[0].header("Content-Type") == "application/x-ndjson")
      let ids = elements[0].compactMap { $0["id"] as? String }
      #expect(array[0].header("Bridge-Event-ID") == "\(ids[0])..\(ids[2])")
      let one = try #require(received.first { $0.path == "/hook/raw" })
      #expect(one.method == "PUT" && one.text == "1;2\n3")
      #expect(one.header("Content-Type") == "text/csv" && one.header("Mqtt-Topic") == "b")
    }

    @Test func `a request is tried again, with the same key and body, until it is taken`() throws {
      let receiver = try HTTPReceiver { _, index in
        switch index {
        case 0: .init(503)
        case 1: .hangUp
        default: .init(200)
        }
      }
      let program = try HookedProgram("w: {topics: a, url: \"\(receiver.url)\"}")
      try program.bridge.publish("1", to: "a")
      try program.bridge.publish("2", to: "a")
      let received = try receiver.waitFor(4)
      #expect(received.payloads == ["1", "1", "1", "2"])
      #expect(Set(received.prefix(3).map { $0.header("Idempotency-Key") }).count == 1)
      #expect(Set(received.prefix(3).map(\.text)).count == 1)
      #expect(program.bridge.process.errors.first { $0.contains("webhook works again") } != nil)
      #expect(try program.letters().isEmpty)
    }

    @Test func `a receiver that was away gets everything, also what came before a restart`() throws
    {
      let port = try FreePort.next()
      let hooks = "w: {topics: a, url: \"http://127.0.0.1:\(port)/\"}"
      let program = try HookedProgram(hooks)
      // With QoS 1 the broker may send one again to the bridge that was killed.
      for number in 1...100 { try program.bridge.publish("\(number)", to: "a", qos: 2) }
      #expect(try eventually { try program.webhook().integer("waiting") == 1 })
      program.bridge.kill()
      try program.restart(hooks)
      for number in 101...150 { try program.bridge.publish("\(number)", to: "a", qos: 2) }
      #expect(try program.webhook().integer("delivered") == 0)
      let receiver = try HTTPReceiver(port: port)
      #expect(try receiver.waitFor(150).payloads == (1...150).map { "\($0)" })
      #expect(try program.waitUntilDone())
      try program.stop()
      try program.restart(hooks)
      try program.bridge.publish("new", to: "a")
      #expect(try receiver.waitFor(151)[150].payload == "new")
    }

    @Test func `a slow receiver keeps its order and nobody else waiting`() throws {
      let isOpen = Locked(false)
      let slow = try HTTPReceiver { _, _ in
        _ = eventually(within: .seconds(30)) { isOpen.withLock { $0 } }
        return .init(204)
      }
      let fast = try HTTPReceiver()
      let program = try HookedProgram(
        """
        slow: {topics: a, url: "\(slow.url)", timeout: 60s}
        fast: {topics: a, url: "\(fast.url)"}
        """)
      for number in 1...50 { try program.bridge.publish("\(number)", to: "a") }
      #expect(try fast.waitFor(50).count == 50)
      #expect(slow.received.count == 1)
      isOpen.withLock { $0 = true }
      #expect(try slow.waitFor(50).payloads == (1...50).map { "\($0)" })
    }

    @Test func `parallel requests all arrive`() throws {
      let receiver = try HTTPReceiver { request, index in .init(index % 5 == 0 ? 500 : 200) }
      let program = try HookedProgram("w: {topics: a, url: \"\(receiver.url)\", parallel: 8}")
      for number in 1...40 { try program.bridge.publish("\(number)", to: "a") }
      #expect(try program.waitUntilDone())
      let arrived = Set(receiver.received.compactMap(\.payload))
      #expect(arrived == Set((1...40).map { "\($0)" }))
    }

    @Test func `a signature is what the openssl command says, and no secret is shown`() throws {
      let receiver = try HTTPReceiver { _, index in .init(index == 0 ? 500 : 200) }
      let files = try TemporaryDirectory()
      let secret = try files.write("tr0ub4dor\n", to: "secret")
      let program = try HookedProgram(
        """
        w:
          topics: a
          url: "\(receiver.url)?token=qu3ry"
          secret_file: \(secret)
          headers: {Authorization: "Bearer h3ader"}
        """, flags: ["--log-level", "trace"])
      try program.bridge.publish("x", to: "a")
      let received = try receiver.waitFor(2)[1]
      #expect(received.header("Authorization") == "Bearer h3ader")
      let signature = try #require(received.header("Bridge-Signature"))
      let time = signature.dropFirst(2).prefix { $0 != "," }
      let file = try files.write("\(time)." + received.text, to: "signed")
      let openssl = try ChildProcess(
        "openssl", ["dgst", "-sha256", "-hmac", "tr0ub4dor", "-r", file])
      #expect(openssl.waitForExit() == .status(0))
      #expect(signature == "t=\(time),v1=\(openssl.output.text.prefix { $0 != " " })")
      let health = try program.bridge.adminClient.get("/healthz").text
      try program.stop()
      for secret in ["tr0ub4dor", "h3ader", "qu3ry"] {
        #expect(!program.bridge.process.errors.text.contains(secret))
        #expect(!health.contains(secret))
      }
    }

    @Test func `a webhook is no subscription of users`() throws {
      let receiver = try HTTPReceiver()
      let program = try HookedProgram("w: {topics: a, url: \"\(receiver.url)\"}")
      let bridge = program.bridge
      #expect(try bridge.client.get("/subscriptions").json.objects("subscriptions").isEmpty)
      #expect(try bridge.client.get("/subscriptions/w").status == 404)
      #expect(try bridge.client.get("/subscriptions/webhook:w").status == 404)
      #expect(try bridge.put("webhook:w", #"{"topics":["a"]}"#).status == 400)
      try bridge.subscribe("w", #"{"topics":["b"]}"#)
      try bridge.publish("x", to: "a")
      #expect(try receiver.waitFor(1).payloads == ["x"])
    }
  }
}
