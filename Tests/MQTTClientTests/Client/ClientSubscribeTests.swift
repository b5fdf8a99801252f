import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ClientSubscribeTests {
  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `a subscription is the sequence of its messages`(version: ProtocolVersion) async throws {
    let test = try ClientFixture(version: version)
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a/+", "b")
    #expect(messages.grants.map(\.filter) == ["a/+", "b"])
    #expect(messages.grants.allSatisfy { $0.isGranted })
    for (topic, qos) in [("a/1", QoS.atMostOnce), ("b", .atLeastOnce), ("a/2", .exactlyOnce)] {
      _ = await test.client.publish(topic, to: topic, PublishOptions(qos: qos))
    }
    var iterator = messages.makeAsyncIterator()
    for topic in ["a/1", "b", "a/2"] {
      let message = try await iterator.next()
      #expect(message?.topic == topic)
      #expect(message?.text == topic)
    }
  }

  @Test func `listeners of one filter share one SUBSCRIBE, and the last one unsubscribes`()
    async throws
  {
    let test = try ClientFixture()
    try await test.client.connect()
    let options = SubscriptionOptions(retainHandling: .ignore)
    let first = try await test.client.subscribe(to: "a", options: options)
    let second = try await test.client.subscribe(to: "a", options: options)
    #expect(test.filters(.subscribe) == [["a"]])
    try await test.client.publish("x", to: "a").mustSucceed()
    for messages in [first, second] {
      var iterator = messages.makeAsyncIterator()
      #expect(try await iterator.next()?.text == "x")
    }
    #expect(try await first.unsubscribe().isEmpty)
    #expect(test.filters(.unsubscribe).isEmpty)
    #expect(try await second.unsubscribe().map(\.filter) == ["a"])
    #expect(test.filters(.unsubscribe) == [["a"]])
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `listeners that come and go between messages of one topic get what is theirs`(
    version: ProtocolVersion
  ) async throws {
    let test = try ClientFixture(version: version)
    try await test.client.connect()
    func send(_ text: String) {
      test.broker.perform([.send(.publish(Publish(topic: "a", payload: Bytes(text.utf8))))])
    }
    let first = try await test.client.subscribe(to: "a")
    send("1")
    #expect(await soon { first.waitingCount == 1 })
    let second = try await test.client.subscribe(to: "+")
    send("2")
    #expect(await soon { first.waitingCount == 2 && second.waitingCount == 1 })
    try await first.unsubscribe()
    send("3")
    #expect(await soon { second.waitingCount == 2 })
    #expect(first.waitingCount == 2)
  }

  @Test func `a higher QoS is asked for again`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    var options = SubscriptionOptions(maximumQoS: .atMostOnce, retainHandling: .ignore)
    let low = try await test.client.subscribe(to: "a", options: options)
    options.maximumQoS = .atLeastOnce
    let high = try await test.client.subscribe(to: "a", options: options)
    #expect(low.grants[0].reasonCode == .success)
    #expect(high.grants[0].reasonCode == .grantedQoS1)
    options.maximumQoS = .atMostOnce
    _ = try await test.client.subscribe(to: "a", options: options)
    #expect(test.filters(.subscribe).count == 2)
  }

  @Test func `overlapping filters bring a message once to each listener`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let all = try await test.client.subscribe(to: "a/#", "a/+", "a/1")
    let one = try await test.client.subscribe(to: "a/1")
    // As brokers do that send one copy for each filter: identifiers name the SUBSCRIBE.
    var newest: [String: UInt32] = [:]
    for case .subscribe(let packet) in test.broker.packets.map(\.packet) {
      for subscription in packet.subscriptions {
        newest[subscription.filter] = packet.subscriptionIdentifier
      }
    }
    let identifiers = newest.values.sorted()
    #expect(Set(identifiers).count == 3)
    for identifier in identifiers {
      var copy = Publish(topic: "a/1", payload: [1])
      copy.properties.subscriptionIdentifiers = [identifier]
      test.broker.perform([.send(.publish(copy))])
    }
    var combined = Publish(topic: "a/1", payload: [2])
    combined.properties.subscriptionIdentifiers = identifiers
    test.broker.perform([.send(.publish(combined))])
    try await test.settle()
    for messages in [all, one] {
      var iterator = messages.makeAsyncIterator()
      #expect(try await iterator.next()?.payload == [1])
      #expect(try await iterator.next()?.payload == [2])
      #expect(messages.waitingCount == 0)
    }
  }

  @Test func `retained messages come to a late listener, and not again to an earlier one`()
    async throws
  {
    let test = try ClientFixture()
    try await test.client.connect()
    try await test.client.publish("kept", to: "a", PublishOptions(isRetained: true)).mustSucceed()
    let first = try await test.client.subscribe(to: "a")
    var early = first.makeAsyncIterator()
    #expect(try await early.next()?.isRetained == true)
    let second = try await test.client.subscribe(to: "a")
    var late = second.makeAsyncIterator()
    #expect(try await late.next()?.text == "kept")
    try await test.client.publish("new", to: "a").mustSucceed()
    #expect(try await early.next()?.text == "new")
    #expect(try await late.next()?.text == "new")
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `user properties go with the request, also for what is subscribed`(
    version: ProtocolVersion
  ) async throws {
    let test = try ClientFixture(version: version)
    try await test.client.connect()
    let properties = [UserProperty("b", "1"), UserProperty("a", "2"), UserProperty("b", "3")]
    let wish = Subscription("a/b", retainHandling: .ignore)
    _ = try await test.client.subscribe([wish])
    _ = try await test.client.subscribe([wish], identifier: 9, userProperties: properties)
    _ = try await test.client.unsubscribe(from: ["a/b"], userProperties: properties)
    var sent: [[UserProperty]] = []
    for received in test.broker.packets {
      switch received.packet {
      case .subscribe(let packet): sent.append(packet.userProperties)
      case .unsubscribe(let packet): sent.append(packet.userProperties)
      default: break
      }
    }
    #expect(sent == (version == .v5 ? [[], properties, properties] : [[], []]))
  }

  @Test func `refused filters are reported, and all refused ones are thrown`() async throws {
    let test = try ClientFixture(script: { received in
      guard case .subscribe(let packet) = received.packet else { return [.behave] }
      let codes = packet.subscriptions.map {
        $0.filter == "good" ? ReasonCode.grantedQoS1 : .notAuthorized
      }
      return [.send(.subscribeAck(SubscribeAck(packetID: packet.packetID, reasonCodes: codes)))]
    })
    let client = test.client
    try await client.connect()
    let mixed = try await client.subscribe(to: "good", "bad")
    #expect(mixed.grants.map(\.isGranted) == [true, false])
    let error = await thrown { () throws(ClientError) in try await client.subscribe(to: "bad") }
    #expect(error == .refused([SubscriptionGrant(filter: "bad", reasonCode: .notAuthorized)]))
    let plain = try await client.subscribe([Subscription("bad"), Subscription("good")])
    #expect(plain.map(\.isGranted) == [false, true])
  }

  @Test func `a filter that is none is refused here`() async throws {
    let test = try ClientFixture()
    let error = await thrown { () throws(ClientError) in
      try await test.client.subscribe(to: "a", "b/#/c")
    }
    #expect(error == .invalidFilter("b/#/c", .levelAfterHash(at: 2)))
    #expect(test.client.waitingCommands == 0)
  }

  @Test func `a cancelled subscribe is taken back at the broker`() async throws {
    let test = try ClientFixture(script: { $0.type == .subscribe ? [] : [.behave] })
    let client = test.client
    try await client.connect()
    let task = Task {
      await thrown { () throws(ClientError) in try await client.subscribe(to: "a") }
    }
    _ = await test.broker.packet(.subscribe)
    task.cancel()
    #expect(await task.value == .cancelled)
    guard case .subscribe(let packet)? = await test.broker.packet(.subscribe)?.packet else {
      return
    }
    test.broker.perform([
      .send(.subscribeAck(SubscribeAck(packetID: packet.packetID, reasonCodes: [.success])))
    ])
    #expect(await test.broker.packet(.unsubscribe) != nil)
  }

  @Test func `a cancelled unsubscribe still ends the subscription`() async throws {
    let test = try ClientFixture(script: { $0.type == .unsubscribe ? [] : [.behave] })
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    let task = Task { await thrown { () throws(ClientError) in try await messages.unsubscribe() } }
    _ = await test.broker.packet(.unsubscribe)
    task.cancel()
    #expect(await task.value == .cancelled)
    for try await _ in messages { Issue.record("a message after the end") }
  }

  @Test func `a cancelled consumer sees the end, and its subscription goes with it`() async throws {
    let test = try ClientFixture()
    let client = test.client
    try await client.connect()
    let task = Task {
      for try await _ in try await client.subscribe(to: "a") {}
      return true
    }
    _ = await test.broker.packet(.subscribe)
    task.cancel()
    _ = await task.result
    #expect(await test.broker.packet(.unsubscribe) != nil)
  }

  @Test func `a scope unsubscribes at its end, also by an error`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let text = try await test.client.withSubscription(to: "a") { messages in
      try await test.client.publish("x", to: "a").mustSucceed()
      var iterator = messages.makeAsyncIterator()
      return try await iterator.next()?.text
    }
    #expect(text == "x")
    #expect(test.filters(.unsubscribe) == [["a"]])
    await #expect(throws: TestFailure.self) {
      try await test.client.withSubscription(to: "b") { _ in throw TestFailure("no") }
    }
    #expect(test.filters(.unsubscribe) == [["a"], ["b"]])
  }

  @Test func `subscriptions survive the loss of the session`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    test.broker.dropConnections()
    #expect(await test.broker.packet(.subscribe, count: 2) != nil)
    try await test.client.publish("again", to: "a").mustSucceed()
    var iterator = messages.makeAsyncIterator()
    #expect(try await iterator.next()?.text == "again")
  }

  @Test func `a subscription that a new session refuses throws`() async throws {
    let test = try ClientFixture(script: { received in
      guard case .subscribe(let packet) = received.packet, received.connection > 1 else {
        return [.behave]
      }
      let codes = packet.subscriptions.map { _ in ReasonCode.notAuthorized }
      return [.send(.subscribeAck(SubscribeAck(packetID: packet.packetID, reasonCodes: codes)))]
    })
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    test.broker.dropConnections()
    await #expect(throws: ClientError.subscriptionLost(filter: "a", .notAuthorized)) {
      for try await _ in messages {}
    }
  }

  @Test func `messages of a resumed session wait for who listens before the connection`()
    async throws
  {
    let test = try ClientFixture(
      script: { received in
        guard received.type == .connect else { return [.behave] }
        let early = Publish(topic: "old/1", payload: [7], qos: .atLeastOnce, packetID: 9)
        return [
          .send(.connectAck(ConnectAck(sessionPresent: true, reasonCode: .success))),
          .send(.publish(early)),
        ]
      }, cleanStart: false)
    let messages = try test.client.listen(to: "old/#")
    try await test.client.connect()
    var iterator = messages.makeAsyncIterator()
    #expect(try await iterator.next()?.payload == [7])
    #expect(test.filters(.subscribe).isEmpty)
  }

  @Test func `messages that nobody listens to are held unacknowledged for who comes`() async throws
  {
    let test = try ClientFixture(
      script: { received in
        guard received.type == .connect else { return [.behave] }
        return [
          .behave,
          .send(.publish(Publish(topic: "old/1", payload: [7], qos: .atLeastOnce, packetID: 9))),
          .send(.publish(Publish(topic: "other", payload: [8], qos: .atLeastOnce, packetID: 10))),
        ]
      }, cleanStart: false)
    try await test.client.connect()
    try await test.settle()
    #expect(test.acknowledged.isEmpty)
    let late = try test.client.listen(to: "old/#")
    var iterator = late.makeAsyncIterator()
    #expect(try await iterator.next()?.payload == [7])
    let rest = test.client.unroutedMessages()
    var remaining = rest.makeAsyncIterator()
    #expect(try await remaining.next()?.payload == [8])
  }

  @Test func `messages that nobody comes for are dropped, acknowledged and reported`() async throws
  {
    let test = try ClientFixture(holdTime: .milliseconds(20))
    let events = test.client.events
    try await test.client.connect()
    test.broker.perform([
      .send(.publish(Publish(topic: "x", payload: [7], qos: .atLeastOnce, packetID: 9)))
    ])
    for await event in events {
      if event == .unroutedDropped(1) { break }
    }
    #expect(await test.broker.packet(.publishAck) != nil)
  }

  @Test func `drain unsubscribes everything before it ends`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a", "b/#")
    _ = try await test.client.subscribe([Subscription("pinned")])
    try await test.client.publish("x", to: "a").mustSucceed()
    await test.client.drain()
    #expect(Set(test.filters(.unsubscribe).joined()) == ["a", "b/#", "pinned"])
    var texts: [String?] = []
    for try await message in messages { texts.append(message.text) }
    #expect(texts == ["x"])
  }

  @Test func `the first message under a filter, or none in time`() async throws {
    let test = try ClientFixture()
    let client = test.client
    try await client.connect()
    try await client.publish("kept", to: "a", PublishOptions(isRetained: true)).mustSucceed()
    #expect(try await client.firstMessage(under: "a", within: .seconds(20)).text == "kept")
    let error = await thrown { () throws(ClientError) in
      try await client.firstMessage(under: "b", within: .milliseconds(20))
    }
    #expect(error == .deadlinePassed)
  }

  @Test func `a consumer may use the client as it likes`() async throws {
    let test = try ClientFixture()
    let client = test.client
    try await client.connect()
    let messages = try await client.subscribe(
      to: "a", options: SubscriptionOptions(buffer: MessageBuffering(messages: 1)))
    try await client.publish("0", to: "a").mustSucceed()
    for try await message in messages {
      let number = Int(message.text ?? "") ?? 99
      if number == 20 { await client.disconnect() }
      _ = await client.publish("\(number + 1)", to: "a")
      _ = await thrown { () throws(ClientError) in try await client.subscribe(to: "x/\(number)") }
    }
    #expect(client.state == .stopped)
  }
}

extension PublishOutcome {
  /// Throws unless the message went out.
  func mustSucceed() throws {
    guard isSuccess else { throw TestFailure("\(self)") }
  }
}
