import EventLoop
import MQTTClient
import Synchronization
import TestSupport
import Testing

/// Who waits for whom: bounds, fairness and pauses of a link.
@Suite struct LinkFlowTests {
  /// Makes the link leave unread what comes from now on.
  private func pauseReading(of test: TestLink) throws {
    let paused = Counter()
    try test.perform { link in
      link.pauseReading()
      paused.increment()
    }
    #expect(eventually { paused.value == 1 })
  }

  @Test func `a hundred thousand publishes arrive in order`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let count = 100_000
    for part in 0..<100 {
      try test.perform { link in
        for number in part * 1000..<(part + 1) * 1000 {
          let publish = Publish(topic: "\(number)", payload: [])
          link.publish(PublishRequest(key: UInt64(number), publish: publish))
        }
      }
    }
    for number in 0..<count {
      let topic = try peer.nextPublish().topic
      guard topic == "\(number)" else {
        Issue.record("\(topic) came instead of \(number)")
        return
      }
    }
  }

  @Test func `while the broker takes nothing the mailbox fills and reading goes on`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.mailboxCapacity = 10
    options.outgoingBytesMax = 100_000
    options.writeStallTimeout = .seconds(1000)
    let (handled, tooMany) = (Counter(), Counter())
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let payload = [UInt8](repeating: 0, count: 200_000)[...]
    let message: TestApplication.Message = { link in
      if link.isCongested { tooMany.increment() }
      link.publish(PublishRequest(key: 1, publish: Publish(topic: "a", payload: payload)))
      handled.increment()
    }
    // The sockets take a few megabytes; once they are full, a refusal lasts.
    var sent = 0
    while sent < 1000 {
      if test.link.send(message) {
        sent += 1
      } else if handled.isStuck() {
        break
      }
    }
    try #require(!test.link.send(message))
    #expect(sent - handled.value <= 2 * options.mailboxCapacity)
    #expect(tooMany.value == 0)
    try peer.send(.publish(Publish(topic: "still", payload: [])))
    #expect(try test.events.delivered().publish.topic == "still")
    for _ in 0..<sent { _ = try peer.nextPublish() }
    #expect(handled.value == sent)
    #expect(test.link.send(message))
  }

  @Test func `a mailbox that is never empty does not keep the link from reading`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let feeder = Feeder(test.link)
    for _ in 0..<10 { feeder.send() }
    try peer.send(.publish(Publish(topic: "t", payload: [])))
    #expect(try test.events.delivered().publish.topic == "t")
    feeder.stop()
  }

  @Test func `paused reading leaves messages with the system, and a flood leaves turns to others`()
    throws
  {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.readBytes = 64
    options.readsPerTurn = 1
    options.messagesPerTurn = 1
    let delivered = Counter()
    let test = try TestLink(options) { _ in delivered.increment() }
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try pauseReading(of: test)
    let flood = try peer.encoded(.publish(Publish(topic: "t", payload: [1, 2])))
    let count = 10_000
    try peer.socket.send(Array(repeating: flood, count: count).flatMap(\.self))
    let (before, during) = (Counter(), Counter())
    let messages: [TestApplication.Message] = [
      { _ in before.set(delivered.value) },
      { link in link.resumeReading() },
      { _ in during.set(delivered.value) },
    ]
    #expect(test.link.send(contentsOf: messages))
    #expect(eventually { delivered.value == count })
    // One read may have been on its way when the pause came.
    #expect(before.value == 0)
    #expect(during.value > 0 && during.value < count)
  }

  @Test func `a pause is not taken for a dead broker`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.readBytes = 64
    options.session.keepAlive = 1
    options.session.pingTimeout = .milliseconds(200)
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try pauseReading(of: test)
    let flood = try peer.encoded(.publish(Publish(topic: "t", payload: [1, 2])))
    try peer.socket.send(Array(repeating: flood, count: 10_000).flatMap(\.self))
    // No PINGRESP follows: only what waits unread shows that this broker lives.
    for _ in 0..<3 { #expect(try peer.next() == .pingRequest) }
  }

  @Test func `a broker that waits for us to read may leave our bytes alone`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.writeStallTimeout = .milliseconds(50)
    options.network.sendBufferBytes = 4096
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try pauseReading(of: test)
    let flood = try peer.encoded(.publish(Publish(topic: "t", payload: [1, 2])))
    try peer.socket.send(Array(repeating: flood, count: 100).flatMap(\.self))
    try test.perform { link in
      let payload = [UInt8](repeating: 0, count: 1 << 20)[...]
      for key in 0..<32 {
        link.publish(
          PublishRequest(key: UInt64(key), publish: Publish(topic: "a", payload: payload)))
      }
      // Its time is over long after the stall would have been seen.
      let late = Publish(topic: "a", payload: [], qos: .atLeastOnce)
      link.publish(PublishRequest(key: 99, publish: late, deadline: .milliseconds(400)))
    }
    let first: DownReason? = try test.events.first {
      switch $0 {
      case .finished(99, _): .some(nil)
      case .down(let reason, _, _): reason
      default: nil
      }
    }
    #expect(first == nil)
    try test.perform { $0.resumeReading() }
    #expect(try test.events.down().reason == .linkFailed(.writeStalled))
    _ = peer
  }

  @Test func `the end of a connection is noticed during a pause`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try test.perform { $0.pauseReading() }
    peer.socket.close()
    #expect(try test.events.down().reason == .linkFailed(.closedByPeer))
  }
}

/// A number that a link's thread changes and a test's thread looks at.
final class Counter: Sendable {
  private let number = Atomic(0)
  private let lastSeen = Locked<(number: Int, deadline: Deadline)?>(nil)

  var value: Int { number.load(ordering: .sequentiallyConsistent) }

  @discardableResult
  func increment() -> Int { number.add(1, ordering: .sequentiallyConsistent).newValue }

  func set(_ value: Int) { number.store(value, ordering: .sequentiallyConsistent) }

  /// Whether it has not changed for half a second of asking.
  func isStuck() -> Bool {
    let number = value
    return lastSeen.withLock { seen in
      if let last = seen, last.number == number { return last.deadline.hasPassed }
      seen = (number, Deadline(after: .milliseconds(500)))
      return false
    }
  }
}

/// A message that sends itself again whenever it is handled.
private final class Feeder: Sendable {
  private let link: Link<TestApplication>
  private let isStopped = Atomic(false)

  init(_ link: Link<TestApplication>) {
    self.link = link
  }

  func send() {
    guard !isStopped.load(ordering: .relaxed) else { return }
    link.sendReserved { [self] _ in send() }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }
}
