import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ClientRequestTests {
  @Test func `many requests wait at once and each gets its own reply`() async throws {
    let test = try ClientFixture()
    let client = test.client
    try await client.connect()
    let service = Task {
      try await client.serve("double") { request in
        Bytes("\((Int(request.text ?? "") ?? 0) * 2)".utf8)
      }
    }
    _ = await test.broker.packet(.subscribe)
    try await withThrowingTaskGroup(of: (Int, String?).self) { group in
      for number in 0..<50 {
        group.addTask {
          (number, try await client.request(Message("double", text: "\(number)")).text)
        }
      }
      for try await (number, reply) in group { #expect(reply == "\(number * 2)") }
    }
    #expect(test.filters(.subscribe).count == 2)
    service.cancel()
    _ = await service.result
  }

  @Test func `the broker's response information begins the topic of replies`() async throws {
    let test = try ClientFixture({ $0.session.connect.requestResponseInformation = true }) {
      received in
      guard received.type == .connect else { return [.behave] }
      var ack = ConnectAck(sessionPresent: false, reasonCode: .success)
      ack.properties.responseInformation = "replies/for/us"
      return [.send(.connectAck(ack))]
    }
    let client = test.client
    try await client.connect()
    let request = Task { try? await client.request(Message("service"), within: .seconds(20)) }
    guard case .subscribe(let packet)? = await test.broker.packet(.subscribe)?.packet else {
      throw TestFailure("no SUBSCRIBE")
    }
    #expect(packet.subscriptions[0].filter.hasPrefix("replies/for/us/"))
    request.cancel()
    _ = await request.value
  }

  @Test func `a request without a reply ends at its deadline, or with its task`() async throws {
    let test = try ClientFixture()
    let client = test.client
    try await client.connect()
    let error = await thrown { () throws(ClientError) in
      try await client.request(Message("nobody"), within: .milliseconds(30))
    }
    #expect(error == .deadlinePassed)
    let task = Task {
      await thrown { () throws(ClientError) in try await client.request(Message("silent")) }
    }
    _ = await test.broker.packet { received in
      if case .publish(let publish) = received.packet { publish.topic == "silent" } else { false }
    }
    task.cancel()
    #expect(await task.value == .cancelled)
  }

  @Test func `a request that the broker refuses says so`() async throws {
    let test = try ClientFixture(script: { received in
      guard case .publish(let publish) = received.packet, let id = publish.packetID else {
        return [.behave]
      }
      return [.send(.publishAck(PublishReply(id, .notAuthorized)))]
    })
    try await test.client.connect()
    let error = await thrown { () throws(ClientError) in
      try await test.client.request(Message("forbidden"))
    }
    #expect(error == .notPublished(.rejected(.notAuthorized, reasonString: nil)))
  }

  @Test func `replies that cannot be subscribed fail the request`() async throws {
    let test = try ClientFixture(script: { received in
      guard case .subscribe(let packet) = received.packet else { return [.behave] }
      return [
        .send(
          .subscribeAck(SubscribeAck(packetID: packet.packetID, reasonCodes: [.notAuthorized])))
      ]
    })
    try await test.client.connect()
    let error = await thrown { () throws(ClientError) in
      try await test.client.request(Message("t"))
    }
    guard case .refused? = error else { throw TestFailure("\(String(describing: error))") }
  }

  @Test func `several replies come as a sequence that ends in time`() async throws {
    let test = try ClientFixture()
    let client = test.client
    try await client.connect()
    let asked = try await client.subscribe(to: "who")
    let answering = Task {
      for try await request in asked {
        for name in ["a", "b", "c"] {
          if let reply = request.reply(text: name) { _ = await client.publish(reply) }
        }
      }
    }
    var names: [String?] = []
    for try await reply in client.replies(to: Message("who"), within: .seconds(20)) {
      names.append(reply.text)
      if names.count == 3 { break }
    }
    #expect(names == ["a", "b", "c"])
    for try await _ in client.replies(to: Message("nobody"), within: .milliseconds(30)) {
      Issue.record("a reply of nobody")
    }
    answering.cancel()
    _ = await answering.result
  }

  @Test func `with MQTT 3.1.1 each request has a reply topic of its own`() async throws {
    let test = try ClientFixture(version: .v311)
    let client = test.client
    try await client.connect()
    let asked = try await client.subscribe(to: "echo")
    let answering = Task {
      for try await request in asked {
        let parts = (request.text ?? "").split(separator: " ", maxSplits: 1)
        _ = await client.publish(String(parts[1]), to: String(parts[0]))
      }
    }
    for number in 0..<5 {
      let reply = try await client.request { address in
        Message("echo", text: "\(address.topic) \(number)")
      }
      #expect(reply.text == "\(number)")
    }
    answering.cancel()
    _ = await answering.result
  }

  @Test func `requests made before the connection are sent with it`() async throws {
    let test = try ClientFixture()
    let client = test.client
    let answers = Task {
      await thrown { () throws(ClientError) in
        try await client.request(Message("t"), within: .seconds(20))
      }
    }
    #expect(await soon { client.waitingCommands == 1 })
    try client.start()
    #expect(await test.broker.packet(.publish) != nil)
    await client.disconnectNow()
    // The acknowledgement of the request may have arrived or not.
    let expected: [ClientError] = [.stopped, .notPublished(.maybeSent(.stopped))]
    let answer = await answers.value
    #expect(answer.map { expected.contains($0) } ?? false)
  }

  @Test func `a router brings messages to the handlers of their filters`() async throws {
    let test = try ClientFixture()
    let client = test.client
    try await client.connect()
    let (seen, feed) = AsyncStream.makeStream(of: String.self)
    var router = MessageRouter()
    router.on("a/+") { message in feed.yield("plus \(message.topic)") }
    router.on("a/#") { message in feed.yield("hash \(message.topic)") }
    let running = Task { [router] in try await router.run(on: client) }
    _ = await test.broker.packet(.subscribe, count: 2)
    try await client.publish("", to: "a/1").mustSucceed()
    var texts: Set<String> = []
    for await text in seen {
      texts.insert(text)
      if texts.count == 2 { break }
    }
    #expect(texts == ["plus a/1", "hash a/1"])
    running.cancel()
    _ = await running.result
    #expect(await soon { Set(test.filters(.unsubscribe).joined()) == ["a/+", "a/#"] })
  }
}
