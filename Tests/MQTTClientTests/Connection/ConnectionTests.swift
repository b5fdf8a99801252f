import EventLoop
import Glibc
import MQTTClient
import TestSupport
import Testing

/// A connection that the test's own thread drives, against a broker that the test plays.
@Suite struct ConnectionTests {
  @Test func `a message is acknowledged when the caller comes back for the next one`() throws {
    let test = try TestConnection()
    try test.peer.send(.publish(Publish(topic: "t", payload: [1], qos: .atLeastOnce, packetID: 9)))
    #expect(try test.message().payload == [1])
    test.connection.process()
    #expect(try test.peer.nextIfArrived() == nil)
    #expect(test.connection.tryReceive() == nil)
    #expect(try test.next() == .publishAck(PublishReply(9)))
  }

  @Test func `a taken acknowledgement leaves when it is used, from any thread`() throws {
    let test = try TestConnection()
    try test.peer.send(.publish(Publish(topic: "t", payload: [], qos: .exactlyOnce, packetID: 9)))
    _ = try test.message()
    let acknowledgement = try test.acknowledgement()
    #expect(throws: TestFailure.self) { _ = try test.acknowledgement() }
    #expect(test.connection.tryPoll() != nil)
    #expect(try test.peer.nextIfArrived() == nil)
    #expect(acknowledgement.reject(.quotaExceeded) == .accepted)
    #expect(try test.next() == .publishReceived(PublishReply(9, .quotaExceeded)))
  }

  @Test func `an acknowledgement of an earlier connection is stale and does nothing`() throws {
    let test = try TestConnection()
    let message = Publish(topic: "t", payload: [], qos: .atLeastOnce, packetID: 9)
    try test.peer.send(.publish(message))
    _ = try test.message()
    let acknowledgement = try test.acknowledgement()
    test.peer.socket.close()
    try test.reconnect()
    #expect(acknowledgement.acknowledge() == .stale)
    try test.peer.send(.publish(message))
    _ = try test.message()
    let fresh = try test.acknowledgement()
    #expect(fresh.acknowledge() == .accepted)
    #expect(try test.next() == .publishAck(PublishReply(9)))
  }

  @Test func `a forgotten acknowledgement is told`() throws {
    let test = try TestConnection()
    try test.peer.send(.publish(Publish(topic: "t", payload: [], qos: .atLeastOnce, packetID: 9)))
    _ = try test.message()
    _ = try test.acknowledgement()
    let topic = try test.first {
      if case .client(.acknowledgementForgotten(let topic)) = $0 { topic } else { nil }
    }
    #expect(topic == "t")
  }

  @Test func `a packet that came in is told before what follows from it`() throws {
    let test = try TestConnection(packetEvents: PacketEventContent())
    var events: [String] = []
    while let event = test.connection.tryPoll() {
      switch event {
      case .packet(let entry): events.append("\(entry.direction.rawValue)\(entry.type.name)")
      case .client(.connected): events.append("connected")
      case .client(.connecting): events.append("connecting")
      default: events.append("\(event)")
      }
    }
    #expect(events == ["connecting", "→CONNECT", "←CONNACK", "connected"])
    try test.peer.send(.publish(Publish(topic: "t", payload: [1])))
    let type = try test.first { if case .packet(let entry) = $0 { entry.type } else { nil } }
    #expect(type == .publish)
    #expect(
      test.connection.tryPoll() == .message(Message("t", payload: [1], qos: .atMostOnce)))
  }

  @Test func `results come as events or are waited for, once`() throws {
    let test = try TestConnection()
    test.dropEvents()
    let first = try test.connection.tryPublish(Message("a", text: "1"))
    let second = try test.connection.tryPublish(Message("b", text: "2"))
    let sent = [try test.nextPublish(), try test.nextPublish()]
    #expect(sent.map(\.topic) == ["a", "b"])
    #expect(test.connection.openOperations == [first, second])
    for publish in sent { try test.peer.send(.publishAck(PublishReply(publish.packetID ?? 0))) }
    let done = PublishOutcome.acknowledged(.success, reasonString: nil, isUncertain: false)
    #expect(test.connection.wait(for: second, within: .seconds(20)) == .published(done))
    #expect(test.connection.wait(for: second, within: .seconds(20)) == nil)
    #expect(test.connection.poll(for: .seconds(20)) == .published(first, done))
    #expect(test.connection.wait(for: first) == nil)
    #expect(test.connection.tryPoll() == nil)
    #expect(test.connection.openOperations.isEmpty)
  }

  @Test func `the answers to subscriptions come filter by filter`() throws {
    let test = try TestConnection()
    test.dropEvents()
    let id = try test.connection.trySubscribe(to: ["a", "b/#"])
    guard case .subscribe(let packet) = try test.next() else {
      Issue.record("no SUBSCRIBE")
      return
    }
    #expect(packet.subscriptions.map(\.filter) == ["a", "b/#"])
    try test.peer.send(
      .subscribeAck(
        SubscribeAck(packetID: packet.packetID, reasonCodes: [.grantedQoS1, .notAuthorized])))
    let grants: [SubscriptionGrant] = try test.first {
      if case .subscribed(id, let grants) = $0 { grants } else { nil }
    }
    #expect(grants.map(\.filter) == ["a", "b/#"])
    #expect(grants.map(\.isGranted) == [true, false])
    #expect(throws: ClientError.invalidFilter("a#", .wildcardInsideLevel(at: 1))) {
      try test.connection.tryUnsubscribe(from: ["a#"])
    }
  }

  @Test func `more operations than agreed are refused until results are fetched`() throws {
    let test = try TestConnection(operationsMaximum: 2)
    test.dropEvents()
    let message = Message("t", text: "x", qos: .atMostOnce)
    let first = try test.connection.tryPublish(message)
    try test.connection.tryPublish(message)
    #expect(throws: ClientError.full) { try test.connection.tryPublish(message) }
    #expect(test.connection.publish(message, within: .zero) == .notSent(.deadlinePassed))
    test.connection.process()
    #expect(throws: ClientError.full) { try test.connection.tryPublish(message) }
    #expect(test.connection.wait(for: first) != nil)
    try test.connection.tryPublish(message)
  }

  @Test func `a publish that was not sent in time is taken back`() throws {
    let listener = try LoopbackListener()
    let connection = try MQTTConnection(.test(port: listener.port))
    let message = Message("t", text: "x")
    #expect(connection.publish(message, within: .milliseconds(50)) == .notSent(.deadlinePassed))
    let peer = try PeerThread(listener) { peer in
      guard case .disconnect = try peer.next() else { throw TestFailure("it was sent") }
    }
    try connection.connect(within: .seconds(20))
    connection.disconnect()
    try peer.finish()
  }

  @Test func `a publish that was sent and not acknowledged in time goes on to its end`() throws {
    let test = try TestConnection()
    test.dropEvents()
    let outcome = test.connection.publish(Message("t", text: "x"), within: .milliseconds(50))
    #expect(outcome == .maybeSent(.deadlinePassed))
    let publish = try test.nextPublish()
    try test.peer.send(.publishAck(PublishReply(publish.packetID ?? 0)))
    #expect(try test.drive { test.connection.metrics.counters.publishOutcomes.acknowledged == 1 })
    #expect(test.connection.tryPoll() == nil)
  }

  @Test func `another poller can watch the connection`() throws {
    let test = try TestConnection()
    test.dropEvents()
    var watched = pollfd(fd: test.connection.descriptor, events: Int16(POLLIN), revents: 0)
    test.connection.process()
    #expect(unsafe poll(&watched, 1, 0) == 0)
    #expect(test.connection.nextDeadline.map { $0 > .zero } == true)
    try test.peer.send(.publish(Publish(topic: "t", payload: [1])))
    #expect(unsafe poll(&watched, 1, 20_000) == 1)
    #expect(try test.message().topic == "t")
    try test.connection.tryPublish(Message("u", text: ""))
    #expect(test.connection.nextDeadline == .zero)
    test.connection.process()
    #expect(try test.peer.nextPublish().topic == "u")
  }

  @Test func `another thread can end a wait`() throws {
    let test = try TestConnection()
    test.dropEvents()
    let waker = test.connection.waker
    let thread = try LoopThread(name: "waker") {
      waker.wake()
      waker.wake()
    }
    #expect(test.connection.poll() == nil)
    thread.join()
    waker.wake()
    #expect(test.connection.receive() == nil)
    #expect(test.connection.state != .stopped)
  }

  @Test func `a wait ends with the write that it waits for`() throws {
    let test = try TestConnection { $0.session.keepAlive = 0 }
    test.dropEvents()
    let id = try test.connection.tryPublish(Message("t", text: "x", qos: .atMostOnce))
    let moved = MovedConnection(test.connection)
    let outcome = Locked<ConnectionEvent?>(nil)
    let thread = try LoopThread(name: "other") {
      let event = moved.connection.poll()
      outcome.withLock { $0 = event }
    }
    #expect(eventually { outcome.withLock { $0 } == .published(id, .sent) })
    moved.connection.waker.wake()
    thread.join()
  }
}
