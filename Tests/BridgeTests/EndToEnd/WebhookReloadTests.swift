import EventLoop
import TestSupport
import Testing

extension EndToEnd {
  /// Webhooks that change while the bridge runs.
  @Suite struct WebhookReloadTests {
    @Test func `a webhook goes on at another URL with another secret, and misses nothing`() throws {
      let folder = try TemporaryDirectory()
      let secret = try folder.write("a secret of the tests", to: "secret")
      let down = try HTTPReceiver { _, _ in .init(503) }
      let receiver = try HTTPReceiver()
      let program = try HookedProgram("w: {topics: a, url: \"\(down.url)\"}")
      for number in 1...5 { try program.bridge.publish("\(number)", to: "a") }
      _ = try down.waitFor(1)
      // Otherwise the stream may still get what was published before it.
      let areLogged = try eventually(within: .seconds(20)) {
        try program.bridge.client.get("/history?topic=a").json.objects("messages").count == 5
      }
      #expect(areLogged)
      let stream = try program.bridge.open("topic=a").reader
      try program.reload("w: {topics: [a, c], url: \"\(receiver.url)\", secret_file: \(secret)}")
      try program.bridge.publish("6", to: "c")
      try program.bridge.publish("7", to: "a")
      let received = try receiver.waitFor(7)
      #expect(received.payloads == (1...7).map { "\($0)" })
      #expect(received.allSatisfy { $0.header("Bridge-Signature")?.hasPrefix("t=") == true })
      #expect(try program.waitUntilDone())
      #expect(try stream.payloads(1) == ["7"])
      let before = down.received.count
      try folder.write("another secret of the tests", to: "secret")
      try program.reload(
        "w: {topics: [c], url: \"\(receiver.url)\", secret_file: \(secret), batch_max: 10}")
      try program.bridge.publish("8", to: "a")
      try program.bridge.publish("9", to: "c")
      let more = try receiver.waitFor(8)
      #expect(more[7].text.hasPrefix("[") && more[7].text.contains(#""payload":"9""#))
      #expect(down.received.count == before)
      // The place that it has got to is on the disk, too.
      #expect(try program.waitUntilDone())
      try program.stop()
      try program.restart("w: {topics: [c], url: \"\(receiver.url)\"}")
      try program.bridge.publish("10", to: "c")
      #expect(try receiver.waitFor(9)[8].payload == "10")
    }

    @Test func `webhooks come and go, and one that comes back begins anew`() throws {
      let first = try HTTPReceiver()
      let second = try HTTPReceiver()
      let one = "one: {topics: a, url: \"\(first.url)\"}"
      let two = "two: {topics: a, url: \"\(second.url)\"}"
      let program = try HookedProgram("")
      try program.bridge.publish("0", to: "a")
      try program.reload(one)
      try program.bridge.publish("1", to: "a")
      _ = try first.waitFor(1)
      try program.reload(one + "\n" + two)
      try program.bridge.publish("2", to: "a")
      _ = try first.waitFor(2)
      _ = try second.waitFor(1)
      try program.reload(two)
      try program.bridge.publish("3", to: "a")
      _ = try second.waitFor(2)
      let names = try program.bridge.health().objects("webhooks").map { $0.string("name") }
      #expect(names == ["two"])
      try program.reload(one + "\n" + two)
      try program.bridge.publish("4", to: "a")
      #expect(try first.waitFor(3).payloads == ["1", "2", "4"])
      #expect(try second.waitFor(3).payloads == ["2", "3", "4"])
      try program.reload("")
      #expect(try program.bridge.health().objects("webhooks").isEmpty)
    }

    @Test func `what is on its way ends in the old way, and is not sent again`() throws {
      let isOpen = Locked(false)
      let slow = try HTTPReceiver { _, _ in
        _ = eventually(within: .seconds(30)) { isOpen.withLock { $0 } }
        return .init(204)
      }
      let next = try HTTPReceiver()
      let program = try HookedProgram("w: {topics: a, url: \"\(slow.url)\", timeout: 60s}")
      try program.bridge.publish("1", to: "a")
      try program.bridge.publish("2", to: "a")
      _ = try slow.waitFor(1)
      try program.reload("w: {topics: a, url: \"\(next.url)\"}")
      isOpen.withLock { $0 = true }
      #expect(try next.waitFor(1).payloads == ["2"])
      #expect(try program.waitUntilDone())
      #expect(slow.received.payloads == ["1"] && next.received.count == 1)
    }
  }
}
