import EventLoop
import MQTTClient
import TestSupport

/// A connection and the broker's end of it, both driven by the test's own thread in turns.
final class TestConnection {
  let connection: MQTTConnection
  let listener: LoopbackListener
  private(set) var peer: BrokerPeer

  init(
    version: ProtocolVersion = .v5, buffering: MessageBuffering = MessageBuffering(),
    operationsMaximum: Int = 1000, packetEvents: PacketEventContent? = nil,
    properties: ConnectAck.Properties = ConnectAck.Properties(),
    adjust: (inout ClientOptions) -> Void = { _ in }
  ) throws {
    listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port, version: version)
    // The peer, on the same thread, cannot close its end while the connection waits for that.
    options.closeTimeout = .milliseconds(20)
    adjust(&options)
    connection = try MQTTConnection(
      options, buffering: buffering, operationsMaximum: operationsMaximum,
      packetEvents: packetEvents)
    connection.process()
    peer = BrokerPeer(try listener.accept())
    try answerConnect(properties: properties)
  }

  /// The broker takes the next connection, after an end of the last one.
  func reconnect(sessionPresent: Bool = true) throws {
    guard try drive(until: { connection.state == .connecting }) else {
      throw TestFailure("no further attempt")
    }
    peer = BrokerPeer(try listener.accept())
    try answerConnect(sessionPresent: sessionPresent)
  }

  private func answerConnect(
    sessionPresent: Bool = false, properties: ConnectAck.Properties = ConnectAck.Properties()
  ) throws {
    guard case .connect = try next() else { throw TestFailure("no CONNECT came first") }
    let ack = ConnectAck(
      sessionPresent: sessionPresent, reasonCode: .success, properties: properties)
    try peer.send(.connectAck(ack))
    guard try drive(until: { if case .connected = connection.state { true } else { false } })
    else { throw TestFailure("not connected") }
  }

  /// The next packet that the connection sends, which is driven until then.
  func next() throws -> Packet {
    let deadline = Deadline(after: .seconds(20))
    while !deadline.hasPassed {
      connection.process()
      if let packet = try peer.nextIfArrived() { return packet }
    }
    throw TestFailure("the connection sent nothing in time")
  }

  func nextPublish() throws -> Publish {
    guard case .publish(let publish) = try next() else { throw TestFailure("no PUBLISH") }
    return publish
  }

  /// Processes what there is until something is so; false when it took too long.
  func drive(until isDone: () throws -> Bool) throws -> Bool {
    try eventually {
      connection.process()
      return try isDone()
    }
  }

  /// The first event that `select` takes; those before it are dropped.
  func first<Result>(_ select: (ConnectionEvent) -> Result?) throws -> Result {
    while let event = connection.poll(for: .seconds(20)) {
      if let result = select(event) { return result }
    }
    throw TestFailure("the event did not come")
  }

  func message() throws -> Message {
    guard let message = connection.receive(within: .seconds(20)) else {
      throw TestFailure("no message came")
    }
    return message
  }

  /// The right to acknowledge the message that came last.
  func acknowledgement() throws -> Acknowledgement {
    guard let acknowledgement = connection.takeAcknowledgement() else {
      throw TestFailure("there is nothing to acknowledge")
    }
    return acknowledgement
  }

  /// Drops the events that are there.
  func dropEvents() { while connection.tryPoll() != nil {} }
}

extension BrokerPeer {
  /// The next packet if it is there.
  func nextIfArrived() throws -> Packet? {
    do {
      return try nextIfAny(within: .zero)
    } catch is TestFailure {
      return nil
    }
  }
}

/// A test's broker on a thread of its own, for calls of a connection that wait.
final class PeerThread {
  private let thread: LoopThread
  private let failure: PeerFailure

  init(_ listener: LoopbackListener, _ body: @escaping @Sendable (BrokerPeer) throws -> Void) throws
  {
    let failure = PeerFailure()
    self.failure = failure
    thread = try LoopThread(name: "peer") {
      do {
        try body(try BrokerPeer.accepted(by: listener))
      } catch {
        failure.set("\(error)")
      }
    }
  }

  /// Waits for the end of the script; throws what went wrong in it.
  func finish() throws {
    thread.join()
    if let text = failure.text { throw TestFailure(text) }
  }
}

private final class PeerFailure: Sendable {
  private let stored = Locked<String?>(nil)
  var text: String? { stored.withLock { $0 } }
  func set(_ text: String) { stored.withLock { $0 = text } }
}

/// A connection on its way to another thread.
struct MovedConnection: @unchecked Sendable {
  let connection: MQTTConnection

  init(_ connection: MQTTConnection) { self.connection = connection }
}
