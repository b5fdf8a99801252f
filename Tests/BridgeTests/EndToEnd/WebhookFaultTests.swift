import EventLoop
import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Webhooks when something goes wrong: nothing may be lost, some may come twice.
  @Suite struct WebhookFaultTests {
    @Test(arguments: [0, 1, 2, 5, 9])
    func `killed between a delivery and its cursor, it repeats that delivery and loses none`(
      index: Int
    ) throws {
      let victim = Locked<Int32?>(nil)
      let receiver = try HTTPReceiver { _, count in
        if count == index, let process = victim.withLock({ $0 }) { kill(process, SIGKILL) }
        return .init(200)
      }
      let hooks = "w: {topics: a, url: \"\(receiver.url)\"}"
      let program = try HookedProgram(hooks)
      victim.withLock { $0 = program.bridge.process.processID }
      // Published beside the bridge, which may die at any moment; with QoS 2, so that the broker does
      // not repeat any.
      for number in 1...10 {
        try MosquittoClient.publish("\(number)", to: "a", on: program.broker, qos: 2)
      }
      #expect(program.bridge.process.waitForExit(within: .seconds(20)) == .signal(SIGKILL))
      try program.restart(hooks)
      #expect(try program.waitUntilDone())
      #expect(eventually { receiver.received.last?.payload == "10" })
      let payloads = receiver.received.compactMap(\.payload)
      #expect(payloads.filter { $0 == "\(index + 1)" }.count == 2)
      // Without repeats it is all of them, in order.
      var seen: Set<String> = []
      #expect(payloads.filter { seen.insert($0).inserted } == (1...10).map { "\($0)" })
    }

    @Test func `what is refused is a dead letter that is read, retried and gone`() throws {
      let isGood = Locked(false)
      let receiver = try HTTPReceiver { request, _ in
        guard request.payload == "bad", !isGood.withLock({ $0 }) else { return .init(200) }
        return .init(422, body: "cannot read it")
      }
      let hooks = "w: {topics: a, url: \"\(receiver.url)\"}"
      let program = try HookedProgram(hooks)
      for payload in ["1", "bad", "2"] { try program.bridge.publish(payload, to: "a", qos: 2) }
      #expect(try receiver.waitFor(3).payloads == ["1", "bad", "2"])
      #expect(try program.waitUntilDone())
      program.bridge.kill()
      try program.restart(hooks)
      let letter = try #require(try program.letters("?preview=10000").first)
      let bad = try JSONObject(receiver.received[1].text)
      #expect(letter.string("kind") == "webhook" && letter.string("webhook") == "w")
      #expect(letter.string("topic") == "a" && letter.integer("status") == 422)
      #expect(letter.string("reason") == "cannot read it")
      #expect(letter.members["events"] as? [String] == [bad.string("id") ?? ""])
      #expect(letter.string("payload") == receiver.received[1].text)
      let id = letter.string("id") ?? ""
      #expect(try program.bridge.client.get("/messages/\(id)").status == 404)

      let admin = program.bridge.adminClient
      #expect(try admin.post("/admin/dead-letters/\(id)/retry", "").status == 202)
      #expect(try receiver.waitFor(4)[3].text == receiver.received[1].text)
      let key = receiver.received[3].header("Idempotency-Key")
      #expect(key != nil && key == receiver.received[1].header("Idempotency-Key"))
      // Refused again, it stays.
      #expect(try eventually { try program.webhook().integer("failed") == 1 })
      #expect(try program.letters().map { $0.string("id") } == [id])
      isGood.withLock { $0 = true }
      #expect(try admin.post("/admin/dead-letters/\(id)/retry", "").status == 202)
      #expect(try receiver.waitFor(5)[4].payload == "bad")
      #expect(try eventually { try program.letters().isEmpty })
      #expect(try admin.post("/admin/dead-letters/\(id)/retry", "").status == 404)
    }

    @Test func `what was tried for long enough is a dead letter, and the next goes on`() throws {
      let receiver = try HTTPReceiver { request, _ in
        .init(request.payload == "bad" ? 500 : 200)
      }
      let program = try HookedProgram("w: {topics: a, url: \"\(receiver.url)\", retry_for: 1s}")
      for payload in ["bad", "2"] { try program.bridge.publish(payload, to: "a") }
      #expect(eventually(within: .seconds(20)) { receiver.received.last?.payload == "2" })
      let letter = try #require(try program.letters().first)
      #expect(letter.integer("status") == 500)
      #expect(receiver.received.count >= 3)
      let metrics = try program.bridge.adminClient.get("/metrics").text.split(separator: "\n")
      let counted = "bridge_webhook_requests_total{webhook=\"w\",outcome="
      #expect(metrics.contains { $0 == "\(counted)\"dead\"} 1" })
      #expect(metrics.contains { $0 == "\(counted)\"delivered\"} 1" })
      #expect(metrics.contains { $0 == "bridge_webhook_lag_messages{webhook=\"w\"} 0" })
      #expect(
        metrics.contains { $0 == "bridge_webhook_request_seconds_count \(receiver.received.count)" }
      )
      let id = letter.string("id") ?? ""
      let deleted = try program.bridge.adminClient.request("DELETE", "/admin/dead-letters/\(id)")
      #expect(deleted.status == 204)
      #expect(try program.letters().isEmpty)
    }

    @Test func `a webhook that is taken out of the configuration begins anew`() throws {
      let port = try FreePort.next()
      let hook = "w: {topics: a, url: \"http://127.0.0.1:\(port)/\", retry_for: 0}"
      let other = "other: {topics: c, url: \"http://127.0.0.1:\(port)/\"}"
      let program = try HookedProgram(hook)
      try program.bridge.publish("dead", to: "a", qos: 2)
      #expect(try eventually { try program.letters().count == 1 })
      try program.stop()
      try program.restart(other)
      try program.bridge.publish("unseen", to: "a", qos: 2)
      let id = try program.letters()[0].string("id") ?? ""
      let retry = try program.bridge.adminClient.post("/admin/dead-letters/\(id)/retry", "")
      #expect(retry.status == 404 && retry.text.contains("webhook 'w'"))
      try program.stop()
      let receiver = try HTTPReceiver(port: port)
      try program.restart(hook)
      try program.bridge.publish("seen", to: "a", qos: 2)
      #expect(try receiver.waitFor(1).payloads == ["seen"])
    }

    @Test func `what history drops before the receiver is back is a gap, and the rest comes`()
      throws
    {
      let port = try FreePort.next()
      let hooks = "w: {topics: a, url: \"http://127.0.0.1:\(port)/\"}"
      let program = try HookedProgram(hooks, flags: ["--history-bytes", "64KiB"])
      let filling = String(repeating: "x", count: 2000)
      for number in 1...200 { try program.bridge.publish("\(number) \(filling)", to: "a") }
      let receiver = try HTTPReceiver(port: port)
      #expect(
        eventually(within: .seconds(20)) {
          receiver.received.last?.payload?.hasPrefix("200 ") == true
        })
      #expect(receiver.received.count < 200 && receiver.received.count > 10)
      #expect(try program.webhook().integer("gaps") == 1)
      #expect(program.bridge.process.errors.first { $0.contains("webhook has a gap") } != nil)
    }

    @Test func `a stop lets a request end and the next start repeats nothing`() throws {
      let isHeld = Locked(true)
      let receiver = try HTTPReceiver { _, _ in
        _ = eventually(within: .seconds(20)) { isHeld.withLock { !$0 } }
        return .init(200)
      }
      let hooks = "w: {topics: a, url: \"\(receiver.url)\"}"
      let program = try HookedProgram(hooks)
      for number in 1...3 { try program.bridge.publish("\(number)", to: "a", qos: 2) }
      _ = try receiver.waitFor(1)
      program.bridge.process.signal(SIGTERM)
      #expect(program.bridge.process.errors.first { $0.contains(#""message":"stopping""#) } != nil)
      isHeld.withLock { $0 = false }
      #expect(program.bridge.process.waitForExit(within: .seconds(20)) == .status(0))
      try program.restart(hooks)
      #expect(try receiver.waitFor(3).payloads == ["1", "2", "3"])
    }
  }
}
