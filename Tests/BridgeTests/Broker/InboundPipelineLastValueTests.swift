import MQTTClient
import Store
import Testing

@testable import Bridge

@Suite struct InboundPipelineLastValueTests: ~Copyable {
  private var pipeline = InboundPipeline()

  private func publish(_ topic: String, qos: QoS = .atLeastOnce, isRetained: Bool = false)
    -> Publish
  {
    Publish(topic: topic, payload: [1], qos: qos, isRetained: isRetained)
  }

  private mutating func arrive(
    _ publish: Publish, keepsHistory: Bool = true, _ change: LastValueChange? = .set([1])
  ) {
    let token = AckToken(epoch: 0, serial: 0, packetID: 1, qos: publish.qos)
    pipeline.arrived(
      publish, token, Arrival(), keepsHistory: keepsHistory, lastValue: change)
  }

  private mutating func isReady() -> Bool { pipeline.next() != nil }

  @Test mutating func `a message of a topic with a last value waits for the disk`() {
    arrive(publish("a"), keepsHistory: false)
    arrive(publish("a", isRetained: true))
    arrive(publish("a"))
    let batch = pipeline.takeBatch()
    #expect(batch.map(\.isLogged) == [false, false, true])
    #expect(batch.map(\.lastValue) == [.set([1]), .set([1]), .set([1])])
    #expect(batch[0].body.isEmpty && !batch[2].body.isEmpty)
    #expect(!isReady())
    pipeline.logged([
      LoggedEvent(sequence: 0, time: 5), LoggedEvent(sequence: 0, time: 5),
      LoggedEvent(sequence: 9, time: 5),
    ])
    var events: [LoggedEvent?] = []
    while let ready = pipeline.next() { events.append(ready.event) }
    #expect(events == [nil, nil, LoggedEvent(sequence: 9, time: 5)])
  }

  @Test mutating func `while the disk fails QoS 0 changes no last value, and waits for nothing`() {
    pipeline.storeFailing()
    arrive(publish("a", qos: .atMostOnce), keepsHistory: false)
    #expect(pipeline.takeBatch().isEmpty && isReady())
    arrive(publish("a"), keepsHistory: false)
    #expect(pipeline.takeBatch().count == 1 && !isReady())
  }
}
