import Testing

@testable import MQTTClient

@Suite struct ConnectionQueueTests {
  private var queue = ConnectionQueue()

  private func delivery(_ topic: String) -> ConnectionQueue.Delivery {
    ConnectionQueue.Delivery(
      Publish(topic: topic, payload: [1]),
      AckToken(epoch: 0, serial: 0, packetID: 0, qos: .atMostOnce))
  }

  private mutating func pop() -> String? {
    switch queue.pop() {
    case nil: nil
    case .delivery(let delivery): delivery.message.topic
    case .result(let id): "\(id.key)"
    case .notice(.client(let event)): "\(event)"
    case .notice(.packet): "packet"
    }
  }

  @Test mutating func `everything comes in its order, and messages also alone`() {
    queue.append(delivery("a"))
    queue.append(OperationID(key: 1))
    queue.append(.client(.stopped))
    queue.append(delivery("b"))
    queue.append(delivery("c"))
    #expect(queue.messageBytes == 6)
    #expect(pop() == "a")
    #expect(queue.popDelivery()?.message.topic == "b")
    #expect([pop(), pop(), pop(), pop()] == ["1", "stopped", "c", nil])
    #expect(queue.isEmpty)
    #expect(queue.messageBytes == 0)
  }

  @Test mutating func `results fetched in another way leave nothing behind`() {
    queue.append(OperationID(key: 0))
    for key in 1...10_000 {
      queue.append(OperationID(key: UInt64(key)))
      queue.forget(OperationID(key: UInt64(key)))
      #expect(queue.waitingResults < 200)
    }
    #expect([pop(), pop()] == ["0", nil])
    #expect(queue.isEmpty)
  }

  @Test mutating func `of too many notices the oldest make room and are counted`() {
    for number in 1...ConnectionQueue.noticesMax + 5 {
      queue.append(.client(.connecting(attempt: number)))
    }
    #expect(pop() == "missed(5)")
    #expect(pop() == "connecting(attempt: 6)")
  }
}
