import EventLoop
import FoundationEssentials
import Glibc
import MQTTClient
import TestSupport
import Testing

/// How a connection begins, goes on after failures, and ends.
@Suite struct ConnectionLifeTests {
  @Test func `a failure is an event, and the iteration goes on until the end`() throws {
    let test = try TestConnection()
    test.peer.socket.close()
    try test.reconnect()
    test.connection.disconnectNow()
    var events: [String] = []
    for event in test.connection.events {
      guard case .client(let event) = event else { continue }
      switch event {
      case .connecting: events.append("connecting")
      case .connected(let info): events.append("connected \(info.sessionPresent)")
      case .disconnected(let failure, _): events.append("\(failure.kind)")
      default: events.append("\(event)")
      }
    }
    #expect(
      events == [
        "connecting", "connected false", "connectionLost", "connecting", "connected true",
        "stopped",
      ])
    #expect(test.connection.isFinished)
    #expect(test.connection.poll() == nil)
    #expect(test.connection.receive() == nil)
  }

  @Test func `a refusal that stays ends the wait for a connection`() throws {
    let listener = try LoopbackListener()
    let connection = try MQTTConnection(.test(port: listener.port))
    let thread = try LoopThread(name: "peer") {
      let peer = (try? listener.accept()).map { BrokerPeer($0) }
      _ = try? peer?.next()
      try? peer?.send(.connectAck(ConnectAck(sessionPresent: false, reasonCode: .notAuthorized)))
    }
    let failure = #expect(throws: ClientError.self) { try connection.connect() }
    thread.join()
    guard case .connection(let failure) = failure else {
      Issue.record("not a failure of the connection")
      return
    }
    #expect(failure.kind == .refused)
    #expect(failure.reasonCode == .notAuthorized)
    #expect(connection.diagnostics.lastFailure == failure)
  }

  @Test func `disconnecting finishes what was begun`() throws {
    let listener = try LoopbackListener()
    let connection = try MQTTConnection(.test(port: listener.port))
    let peer = try PeerThread(listener) { peer in
      try peer.send(.publish(Publish(topic: "in", payload: [], qos: .atLeastOnce, packetID: 3)))
      // An acknowledgement may pass a publish.
      let packets = [try peer.next(), try peer.next()]
      let publish = packets.compactMap {
        if case .publish(let publish) = $0 { publish } else { nil }
      }
      .first
      guard let publish, packets.contains(.publishAck(PublishReply(3))) else {
        throw TestFailure("not the publish and the acknowledgement")
      }
      try peer.send(.publishAck(PublishReply(publish.packetID ?? 0)))
      guard case .disconnect(let disconnect) = try peer.next() else {
        throw TestFailure("no DISCONNECT")
      }
      guard disconnect.reasonCode == .success, try peer.nextIfAny() == nil else {
        throw TestFailure("not a clean end")
      }
    }
    try connection.connect(within: .seconds(20))
    #expect(connection.receive(within: .seconds(20))?.topic == "in")
    let id = try connection.tryPublish(Message("out", text: ""))
    #expect(connection.disconnect(within: .seconds(20)))
    try peer.finish()
    let done = PublishOutcome.acknowledged(.success, reasonString: nil, isUncertain: false)
    #expect(connection.wait(for: id) == .published(done))
    #expect(throws: ClientError.stopped) { try connection.tryPublish(Message("late", text: "")) }
    #expect(connection.publish(Message("late", text: "")) == .notSent(.stopped))
    #expect(throws: ClientError.stopped) { try connection.subscribe(to: ["a"]) }
    #expect(throws: ClientError.stopped) { try connection.connect() }
  }

  @Test func `a wish of which every filter was refused is an error with the reasons`() throws {
    let listener = try LoopbackListener()
    let connection = try MQTTConnection(.test(port: listener.port))
    let peer = try PeerThread(listener) { peer in
      guard case .subscribe(let packet) = try peer.next() else { throw TestFailure("no SUBSCRIBE") }
      try peer.send(
        .subscribeAck(SubscribeAck(packetID: packet.packetID, reasonCodes: [.notAuthorized])))
      _ = try peer.nextIfAny()
    }
    let error = #expect(throws: ClientError.self) {
      try connection.subscribe(to: ["a"], within: .seconds(20))
    }
    guard case .refused(let grants) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(grants.map(\.reasonCode) == [.notAuthorized])
    connection.disconnectNow()
    try peer.finish()
  }

  @Test func `disconnecting in time reports what was not finished`() throws {
    let test = try TestConnection()
    test.dropEvents()
    let id = try test.connection.tryPublish(Message("out", text: ""))
    #expect(test.connection.disconnect(within: .milliseconds(50)) == false)
    #expect(test.connection.poll() == .published(id, .maybeSent(.stopped)))
  }

  @Test func `a connection that is dropped closes its socket without goodbye`() throws {
    let listener = try LoopbackListener()
    var connection: MQTTConnection? = try MQTTConnection(.test(port: listener.port))
    connection?.process()
    let peer = BrokerPeer(try listener.accept())
    #expect(
      try eventually {
        connection?.process()
        return try peer.nextIfArrived() != nil
      })
    connection = nil
    #expect(try peer.nextIfAny() == nil)
  }

  @Test func `no thread is started, and the connection may change its thread`() async {
    await #expect(processExitsWith: .success) {
      let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
      let test = try TestConnection()
      _ = try test.connection.tryPublish(Message("a", text: ""))
      guard try test.nextPublish().topic == "a" else { exit(1) }
      let now = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
      guard now <= threads else { exit(2) }
      let moved = Moved(connection: test.connection)
      let thread = try LoopThread(name: "other") {
        _ = moved.connection.publish(Message("b", text: "", qos: .atMostOnce))
      }
      thread.join()
      guard try test.nextPublish().topic == "b" else { exit(3) }
    }
  }
}

/// A connection on its way to another thread.
private struct Moved: @unchecked Sendable {
  let connection: MQTTConnection
}
