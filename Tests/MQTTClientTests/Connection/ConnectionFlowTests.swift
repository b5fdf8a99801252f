import EventLoop
import MQTTClient
import TestSupport
import Testing

/// What happens when more comes than the caller takes.
@Suite struct ConnectionFlowTests {
  private func send(_ count: Int, qos: QoS, to test: TestConnection) throws {
    for number in 1...count {
      let id = qos == .atMostOnce ? nil : PacketID(number)
      try test.peer.send(
        .publish(Publish(topic: "t", payload: [UInt8(number)], qos: qos, packetID: id)))
    }
  }

  private func payloads(_ test: TestConnection) -> [UInt8] {
    var payloads: [UInt8] = []
    while let message = test.connection.tryReceive() { payloads += message.payload }
    return payloads
  }

  private func dropped(_ test: TestConnection) -> UInt64 {
    test.connection.metrics.counters.deliveriesDropped
  }

  @Test func `with suspend QoS 0 is dropped, and QoS 1 waits without acknowledgement`() throws {
    let test = try TestConnection(buffering: MessageBuffering(messages: 2, overflow: .suspend))
    try send(3, qos: .atMostOnce, to: test)
    #expect(try test.drive { dropped(test) == 1 })
    try send(3, qos: .atLeastOnce, to: test)
    #expect(try test.drive { test.connection.metrics.gauges.unacknowledgedDeliveries == 3 })
    #expect(try test.peer.nextIfArrived() == nil)
    #expect(payloads(test) == [1, 2, 1, 2, 3])
    for id in 1...3 { #expect(try test.next() == .publishAck(PublishReply(PacketID(id)))) }
  }

  @Test func `with dropOldest the newest stay, and the dropped ones are acknowledged`() throws {
    let test = try TestConnection(buffering: MessageBuffering(messages: 2, overflow: .dropOldest))
    test.dropEvents()
    try send(4, qos: .atLeastOnce, to: test)
    #expect(try test.drive { dropped(test) == 2 })
    #expect(payloads(test) == [3, 4])
    for id in 1...4 { #expect(try test.next() == .publishAck(PublishReply(PacketID(id)))) }
    #expect(
      test.connection.tryPoll() == .client(.slowConsumer(filters: [], dropped: 1)))
    #expect(
      test.connection.tryPoll() == .client(.slowConsumer(filters: [], dropped: 2)))
  }

  @Test func `with dropNewest the oldest stay`() throws {
    let test = try TestConnection(buffering: MessageBuffering(messages: 2, overflow: .dropNewest))
    try send(4, qos: .atLeastOnce, to: test)
    #expect(try test.drive { dropped(test) == 2 })
    #expect(payloads(test) == [1, 2])
  }

  @Test func `with finish the connection ends after what waits`() throws {
    let test = try TestConnection(buffering: MessageBuffering(messages: 2, overflow: .finish))
    try send(3, qos: .atMostOnce, to: test)
    #expect(try test.drive { test.connection.state == .stopped })
    #expect(payloads(test) == [1, 2])
    test.dropEvents()
    #expect(test.connection.isFinished)
  }

  @Test func `with pauseReading nothing is lost, and fetching goes on with reading`() throws {
    let test = try TestConnection(
      buffering: MessageBuffering(messages: 2, overflow: .pauseReading)
    ) { $0.readBytes = 16 }
    try send(100, qos: .atMostOnce, to: test)
    for _ in 0..<20 { test.connection.process() }
    #expect(test.connection.metrics.counters.packetsReceived[.publish] < 20)
    var payloads: [UInt8] = []
    for _ in 1...100 { payloads += try test.message().payload }
    #expect(payloads == Array(1...100))
    #expect(dropped(test) == 0)
  }

  @Test(arguments: [MessageBuffering.Overflow.suspend, .pauseReading, .dropOldest, .dropNewest])
  func `a publish finishes whatever waits for the caller`(
    overflow: MessageBuffering.Overflow
  ) throws {
    let broker = try Mosquitto()
    var options = try ClientOptions.test(port: broker.port)
    options.session.connect.receiveMaximum = 4
    let connection = try MQTTConnection(
      options, buffering: MessageBuffering(messages: 3, overflow: overflow))
    try connection.connect(within: .seconds(20))
    try connection.subscribe(to: ["loop/#"], within: .seconds(20))
    for number in 0..<200 {
      let qos: QoS = number % 2 == 0 ? .atLeastOnce : .atMostOnce
      let outcome = connection.publish(
        Message("loop/\(number)", text: "x", qos: qos), within: .seconds(20))
      switch outcome {
      case .acknowledged where qos == .atLeastOnce: break
      case .sent where qos == .atMostOnce: break
      default: Issue.record("\(number) ended as \(outcome)")
      }
    }
  }

  @Test func `a publish waits for room while as many wait as may`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.queuedPublishesMaximum = 1
    options.session.inflightMaximum = 1
    let connection = try MQTTConnection(options)
    let peer = try PeerThread(listener) { peer in
      for topic in ["a", "b", "c"] {
        let publish = try peer.nextPublish()
        guard publish.topic == topic else { throw TestFailure("\(publish.topic) came") }
        try peer.send(.publishAck(PublishReply(publish.packetID ?? 0)))
      }
    }
    try connection.connect(within: .seconds(20))
    let first = try connection.tryPublish(Message("a", text: ""))
    let second = try connection.tryPublish(Message("b", text: ""))
    let done = PublishOutcome.acknowledged(.success, reasonString: nil, isUncertain: false)
    #expect(connection.publish(Message("c", text: ""), within: .seconds(20)) == done)
    #expect(connection.poll() == .client(.connecting(attempt: 1)))
    #expect(connection.wait(for: first) == .published(done))
    #expect(connection.wait(for: second) == .published(done))
    try peer.finish()
  }
}
