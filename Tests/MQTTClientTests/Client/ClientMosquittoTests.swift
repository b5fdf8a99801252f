import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

/// A client against a real broker, whose opinion of the protocol is not ours.
@Suite struct ClientMosquittoTests {
  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `messages of every QoS come back in order`(version: ProtocolVersion) async throws {
    let broker = try Mosquitto()
    let client = try MQTTClient(.forTests(broker.url, version: version))
    try await client.connect()
    let messages = try await client.subscribe(to: "echo/#", "echo/+")
    for number in 0..<60 {
      let qos = QoS(rawValue: UInt8(number % 3)) ?? .atMostOnce
      try await client.publish("\(number)", to: "echo/\(qos)", PublishOptions(qos: qos))
        .mustSucceed()
    }
    var seen: [String] = []
    for try await message in messages {
      seen.append(message.text ?? "")
      if seen.count == 60 { break }
    }
    // Order holds within a QoS only.
    for qos in 0..<3 {
      #expect(seen.filter { (Int($0) ?? 0) % 3 == qos } == (0..<20).map { "\($0 * 3 + qos)" })
    }
    #expect(await client.disconnect() == 0)
  }

  @Test func `a consumer that comes late loses nothing`()
    async throws
  {
    var limits = Mosquitto.Options()
    limits.inflightMessagesMax = 4
    let broker = try Mosquitto(limits)
    let client = try MQTTClient(.forTests(broker.url))
    try await client.connect()
    let messages = try await client.subscribe(
      to: "a", options: SubscriptionOptions(buffer: MessageBuffering(messages: 1)))
    for number in 0..<100 { try await client.publish("\(number)", to: "a").mustSucceed() }
    var iterator = messages.makeAsyncIterator()
    for number in 0..<100 { #expect(try await iterator.next()?.text == "\(number)") }
    #expect(messages.droppedCount == 0)
  }

  @Test func `publishes and subscriptions outlive restarts of the broker`() async throws {
    let broker = try Mosquitto()
    var options = try ClientOptions.forTests(broker.url)
    options.session.cleanStart = false
    let client = try MQTTClient(options)
    try await client.connect()
    let messages = try await client.subscribe(to: "a")
    let publishing = Task {
      await client.publish(
        contentsOf: (0..<300).map { Message("a", text: "\($0)", qos: .exactlyOnce) })
    }
    try broker.restart()
    try broker.restart()
    #expect(await publishing.value.allSatisfy { $0.isSuccess })
    var seen: [Int] = []
    for try await message in messages {
      seen.append(Int(message.text ?? "") ?? -1)
      if seen.count == 300 { break }
    }
    #expect(seen.sorted() == Array(0..<300))
  }

  @Test func `requests and replies cross a real broker`() async throws {
    let broker = try Mosquitto()
    let service = try MQTTClient(.forTests(broker.url, clientID: "service"))
    try await service.connect()
    let serving = Task {
      try await service.serve("$share/workers/reverse") { Bytes($0.payload.reversed()) }
    }
    let client = try MQTTClient(.forTests(broker.url, clientID: "client"))
    try await client.connect()
    #expect(await soon { broker.log.contains { $0.contains("$share/workers/reverse") } })
    for text in ["abc", "12", ""] {
      let reply = try await client.request(Message("reverse", text: text))
      #expect(reply.text == String(text.reversed()))
    }
    serving.cancel()
    _ = await serving.result
  }

  @Test func `one call publishes, and one receives`() async throws {
    let broker = try Mosquitto()
    let options = try ClientOptions.forTests(broker.url)
    let message = Message("kept", text: "x", isRetained: true)
    #expect(try await MQTTClient.publish(message, options).isSuccess)
    let first = try await MQTTClient.firstMessage(under: "kept", within: .seconds(20), options)
    #expect(first.text == "x")
  }
}

/// Many tasks at once that publish, subscribe, cancel and lose their connection.
@Suite struct ClientStressTests {
  @Test func `everything that was begun ends exactly once under disorder`() async throws {
    let test = try ClientFixture({
      $0.session.queuedPublishesMaximum = 8
      $0.session.inflightMaximum = 4
    })
    let client = test.client
    try await client.connect()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<12 {
        group.addTask {
          var random = SeededGenerator(seed: UInt64(worker))
          for number in 0..<40 {
            let task = Task {
              switch (worker + number) % 4 {
              case 0: _ = await client.publish("\(number)", to: "s/\(worker)")
              case 1:
                let messages = try await client.subscribe(to: "s/\(number % 5)", "s/#")
                _ = await client.publish("x", to: "s/\(number % 5)")
                for try await _ in messages { break }
              case 2: _ = try? await client.request(Message("r"), within: .milliseconds(5))
              default: try await client.flush()
              }
            }
            if UInt8.random(in: 0..<4, using: &random) == 0 { task.cancel() }
            if UInt8.random(in: 0..<60, using: &random) == 0 { test.broker.dropConnections() }
            _ = await task.result
          }
        }
      }
      try await group.waitForAll()
    }
    try await client.flush()
    #expect(await client.disconnect() == 0)
  }
}
