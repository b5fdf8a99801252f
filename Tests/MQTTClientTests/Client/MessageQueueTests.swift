import TestSupport
import Testing

@testable import MQTTClient

@Suite struct MessageQueueTests {
  private static func message(_ number: Int, qos: QoS = .atMostOnce) -> QueuedMessage {
    QueuedMessage(message: Message("t", text: "\(number)", qos: qos), settlement: .nothing)
  }

  private func numbers(_ queue: MessageQueue) async -> [String] {
    queue.end(.finished)
    var texts: [String] = []
    while case .element(let next) = await queue.next().0 { texts.append(next.message.text ?? "") }
    return texts
  }

  @Test(arguments: [
    (MessageBuffering.Overflow.dropOldest, ["3", "4", "5"], 2), (.dropNewest, ["1", "2", "3"], 2),
    (.suspend, ["1", "2", "3"], 2), (.pauseReading, ["1", "2", "3", "4", "5"], 0),
  ])
  func `QoS 0 messages that find the queue full are treated by its policy`(
    overflow: MessageBuffering.Overflow, kept: [String], dropped: Int
  ) async throws {
    let queue = MessageQueue(MessageBuffering(messages: 3, overflow: overflow))
    let report = queue.add((1...5).map { Self.message($0) })
    #expect(report.dropped.count == dropped)
    #expect(report.becameSlow == (dropped > 0))
    #expect(report.mustPause == (overflow == .pauseReading))
    #expect(queue.droppedCount == dropped)
    #expect(await numbers(queue) == kept)
  }

  @Test func `suspending keeps every acknowledged message`() async throws {
    let queue = MessageQueue(MessageBuffering(messages: 2, overflow: .suspend))
    let report = queue.add((1...5).map { Self.message($0, qos: .atLeastOnce) })
    #expect(report.dropped.isEmpty)
    #expect(await numbers(queue) == ["1", "2", "3", "4", "5"])
  }

  @Test func `a queue that finishes when full says so after what waits`() async throws {
    let queue = MessageQueue(MessageBuffering(messages: 2, overflow: .finish))
    let report = queue.add((1...4).map { Self.message($0) })
    #expect(report.isFinished)
    #expect(report.dropped.count == 2)
    for expected in ["1", "2"] {
      guard case .element(let next) = await queue.next().0 else {
        throw TestFailure("no message")
      }
      #expect(next.message.text == expected)
    }
    guard case .ended(let ending) = await queue.next().0 else { throw TestFailure("no end") }
    #expect(ending == .failed(.overflow))
  }

  @Test func `bytes bound a queue as well, but never a single message`() async throws {
    let queue = MessageQueue(MessageBuffering(messages: 100, bytes: 10, overflow: .dropNewest))
    let long = QueuedMessage(
      message: Message("t", text: "0123456789ABC"), settlement: .nothing)
    #expect(queue.add([long]).dropped.isEmpty)
    #expect(queue.add([Self.message(1)]).dropped.count == 1)
    _ = await queue.next()
    #expect(queue.add([Self.message(2), Self.message(3)]).dropped.isEmpty)
  }

  @Test func `a queue that was too slow recovers when it is half empty`() async throws {
    let queue = MessageQueue(MessageBuffering(messages: 4, overflow: .dropNewest))
    #expect(queue.add((1...7).map { Self.message($0) }).becameSlow)
    #expect(await queue.next().1.dropped == nil)
    #expect(await queue.next().1.dropped == 3)
    #expect(queue.add((1...4).map { Self.message($0) }).becameSlow)
  }

  @Test func `a queue that stopped the reading lets it go on when it is half empty`() async throws {
    let queue = MessageQueue(MessageBuffering(messages: 4, overflow: .pauseReading))
    #expect(queue.add((1...6).map { Self.message($0) }).mustPause)
    #expect(!queue.add([Self.message(7)]).mustPause)
    var relieved = 0
    for _ in 1...7 { relieved += await queue.next().1.mustResume ? 1 : 0 }
    #expect(relieved == 1)
  }

  @Test func `each message goes to one of several waiting consumers`() async throws {
    let queue = MessageQueue(MessageBuffering())
    let consumers = (0..<8).map { _ in
      Task {
        var count = 0
        while case .element = await queue.next().0 { count += 1 }
        return count
      }
    }
    for number in 0..<500 { _ = queue.add([Self.message(number)]) }
    queue.end(.finished)
    var total = 0
    for consumer in consumers { total += await consumer.value }
    #expect(total == 500)
  }

  @Test func `what waits behind a message can be taken with it, and makes room`() async throws {
    let queue = MessageQueue(MessageBuffering(messages: 4, overflow: .pauseReading))
    #expect(queue.add((1...6).map { Self.message($0) }).mustPause)
    guard case (.element(let first), let before) = await queue.next() else {
      throw TestFailure("no message")
    }
    #expect(!before.mustResume)
    let (batch, relief) = queue.more(after: first, atMost: 4)
    #expect(batch.map(\.message.text) == ["1", "2", "3", "4"])
    #expect(relief.mustResume)
    #expect(queue.more(after: first, atMost: 1).0.count == 1)
    #expect(await numbers(queue) == ["5", "6"])
  }

  @Test func `a cancelled consumer takes no message away`() async throws {
    let queue = MessageQueue(MessageBuffering(messages: 10_000))
    for number in 0..<200 {
      let consumer = Task { await queue.next().0 }
      let producer = Task { _ = queue.add([Self.message(number)]) }
      consumer.cancel()
      await producer.value
      if case .element = await consumer.value { continue }
      guard case .element(let next) = await queue.next().0 else { throw TestFailure("lost") }
      #expect(next.message.text == "\(number)")
    }
    #expect(queue.count == 0)
  }
}
