import MQTTClient
import Store
import TestSupport
import Testing

@testable import Bridge

@Suite struct InboundPipelineTests {
  private static func publish(
    _ topic: String, _ qos: QoS = .atLeastOnce, isRetained: Bool = false, bytes: Int = 1
  ) -> Publish {
    Publish(
      topic: topic, payload: Array(repeating: 0x61, count: bytes)[...], qos: qos,
      isRetained: isRetained)
  }

  private static func token(_ id: PacketID, _ qos: QoS) -> AckToken {
    AckToken(epoch: 0, serial: UInt64(id), packetID: id, qos: qos)
  }

  private static func event(_ sequence: Int64) -> LoggedEvent {
    LoggedEvent(sequence: sequence, time: sequence * 10)
  }

  @Test func `messages come out in order, each when it is committed`() {
    var harness = Harness()
    harness.arrive("a")
    harness.arrive("b")
    #expect(harness.batch() == ["a", "b"])
    #expect(harness.batch() == [])
    #expect(harness.ready() == [])
    harness.commit(1)
    #expect(harness.ready() == ["a@1"])
    harness.arrive("c")
    #expect(harness.batch() == ["c"])
    harness.commit(2)
    #expect(harness.ready() == ["b@2", "c@3"])
    #expect(harness.pipeline.count == 0)
  }

  @Test func `a filter that begins has a place of its own in the log`() {
    var harness = Harness()
    harness.arrive("a")
    harness.pipeline.started()
    harness.arrive("b")
    #expect(harness.batch() == ["a", "", "b"])
    harness.commit(3)
    #expect(harness.ready() == ["a@1", "start@2", "b@3"])
  }

  @Test func `what is not logged waits behind what is`() {
    var harness = Harness()
    harness.arrive("a", keepsHistory: false)
    harness.arrive("b")
    harness.arrive("c", keepsHistory: false)
    harness.arrive("d", isRetained: true)
    harness.arrive("e")
    #expect(harness.batch() == ["b", "e"])
    #expect(harness.ready() == ["a"])
    harness.commit(1)
    #expect(harness.ready() == ["b@1", "c", "d"])
    harness.commit(1)
    #expect(harness.ready() == ["e@2"])
  }

  @Test(arguments: [QoS.atMostOnce, .atLeastOnce, .exactlyOnce])
  func `a retained message that a SUBSCRIBE brings is not logged`(qos: QoS) {
    var harness = Harness()
    harness.arrive("a", qos, isRetained: true)
    #expect(harness.batch() == [])
    #expect(harness.ready() == ["a"])
  }

  @Test func `what is logged comes back from the log, a QoS 2 message with its receipt`() throws {
    var pipeline = InboundPipeline()
    let origin = Origin(isAnonymous: true)
    for (id, qos) in [(5, QoS.atMostOnce), (6, .atLeastOnce), (7, .exactlyOnce)] {
      pipeline.arrived(
        Self.publish("a", qos), Self.token(PacketID(id), qos), Arrival(origin: origin),
        keepsHistory: true)
    }
    let items = pipeline.takeBatch()
    #expect(items.map(\.receipt) == [nil, nil, 7])
    #expect(items.map { $0.receiptMark == nil } == [true, true, false])
    #expect(items.allSatisfy { $0.topic == "a" && $0.kind == EventKind.message.rawValue })
    for (item, qos) in zip(items, [QoS.atMostOnce, .atLeastOnce, .exactlyOnce]) {
      let decoded = try #require(LoggedMessage.decode(item.body, topic: item.topic))
      #expect(decoded.0 == Self.publish("a", qos) && decoded.1 == origin)
    }
  }

  @Test func `while the disk fails QoS 0 goes out unlogged and the others wait`() {
    var harness = Harness()
    harness.arrive("a", .atMostOnce)
    harness.pipeline.storeFailing()
    harness.arrive("b", .atMostOnce)
    harness.arrive("c", .atLeastOnce)
    harness.arrive("d", .atMostOnce)
    #expect(harness.batch() == ["a", "c"])
    #expect(harness.ready() == [])
    harness.commit(1)
    #expect(harness.ready() == ["a@1", "b"])
    harness.commit(1)
    #expect(harness.ready() == ["c@2", "d"])
  }

  @Test func `after the recovery a mark says how many can be missing at most`() throws {
    var harness = Harness()
    harness.pipeline.storeFailing()
    for _ in 0..<3 { harness.arrive("a", .atMostOnce) }
    harness.arrive("b", .atMostOnce, keepsHistory: false)
    harness.arrive("c", .atMostOnce, isRetained: true)
    harness.pipeline.storeRecovered(keepsHistory: true)
    let items = harness.pipeline.takeBatch()
    #expect(items.count == 1 && items[0].kind == EventKind.gap.rawValue)
    let mark = GapMark(reason: "not_logged", missed: 3, isExact: false, isQoS0Only: true)
    #expect(items.first.flatMap { GapMark($0.body) } == mark)
    #expect(harness.ready() == ["a", "a", "a", "b", "c"])
    harness.pipeline.logged([Self.event(1)])
    #expect(harness.pipeline.next() == .init(content: .gap(mark), event: Self.event(1)))
    harness.arrive("d", .atMostOnce)
    #expect(harness.batch() == ["d"])
    harness.pipeline.storeFailing()
    harness.pipeline.storeRecovered(keepsHistory: true)
    #expect(harness.batch() == [])
  }

  @Test func `a mark that history does not keep goes out in its place`() {
    var harness = Harness()
    harness.arrive("a")
    harness.pipeline.marked(GapMark(reason: "x"), keepsHistory: false)
    #expect(harness.batch() == ["a"])
    #expect(harness.ready() == [])
    harness.commit(1)
    #expect(harness.ready() == ["a@1", "gap x"])
  }

  @Test func `it is full by number and by bytes, and has room again`() {
    var byCount = Harness()
    for _ in 1..<InboundPipeline.entriesMax { byCount.arrive("a", keepsHistory: false) }
    #expect(byCount.pipeline.isFull == false)
    byCount.arrive("a", keepsHistory: false)
    #expect(byCount.pipeline.isFull == true)
    _ = byCount.pipeline.next()
    #expect(byCount.pipeline.isFull == false)
    var byBytes = Harness()
    for _ in 0..<31 { byBytes.arrive("a", bytes: 1 << 20) }
    #expect(byBytes.pipeline.isFull == false)
    byBytes.arrive("a", bytes: 1 << 20)
    #expect(byBytes.pipeline.isFull == true)
    byBytes.commit(32)
    #expect(byBytes.ready().count == 32)
    #expect(byBytes.pipeline.isFull == false)
  }

  @Test func `in any order of events nothing overtakes and nothing is lost`() {
    var generator = SeededGenerator(for: "inbound pipeline")
    for _ in 0..<200 {
      var harness = Harness()
      var arrived: [String] = []
      var left: [String] = []
      for number in 0..<60 {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: harness.commit(Int.random(in: 0...3, using: &generator))
        case 1: left += harness.ready()
        case 2: harness.pipeline.storeFailing()
        case 3: harness.pipeline.storeRecovered(keepsHistory: true)
        default:
          let qos = QoS(rawValue: UInt8.random(in: 0...2, using: &generator)) ?? .atMostOnce
          arrived.append("\(number)")
          harness.arrive("\(number)", qos, keepsHistory: generator.chance(0.7))
        }
      }
      harness.commit(.max)
      left += harness.ready()
      let messages = left.filter { !$0.hasPrefix("gap") }
      #expect(messages.map { String($0.prefix { $0 != "@" }) } == arrived)
      let sequences = left.compactMap { $0.split(separator: "@").dropFirst().first }
        .compactMap { Int($0) }
      #expect(sequences == sequences.sorted())
    }
  }

  @Test func `more answers than questions change nothing`() {
    var pipeline = InboundPipeline()
    pipeline.logged([Self.event(1)])
    #expect(pipeline.next() == nil)
  }

  /// A pipeline before a store that commits when it is told to.
  private struct Harness: ~Copyable {
    var pipeline = InboundPipeline()
    private var asked = 0
    private var lastSequence: Int64 = 0
    private var lastID: PacketID = 0

    mutating func arrive(
      _ topic: String, _ qos: QoS = .atLeastOnce, isRetained: Bool = false, bytes: Int = 1,
      keepsHistory: Bool = true
    ) {
      lastID += 1
      pipeline.arrived(
        publish(topic, qos, isRetained: isRetained, bytes: bytes), token(lastID, qos), Arrival(),
        keepsHistory: keepsHistory)
    }

    /// The topics of what the store is given.
    mutating func batch() -> [String] {
      let items = pipeline.takeBatch()
      asked += items.count
      return items.map(\.topic)
    }

    /// The store commits so many of what it was given.
    mutating func commit(_ count: Int) {
      _ = batch()
      let done = min(count, asked)
      asked -= done
      pipeline.logged(
        (0..<done).map { _ in
          lastSequence += 1
          return event(lastSequence)
        })
    }

    /// What is ready: `topic@sequence`, or the topic alone when it has no place in the log.
    mutating func ready() -> [String] {
      var texts: [String] = []
      while let ready = pipeline.next() {
        let name =
          switch ready.content {
          case .message(let publish, _, _): publish.topic
          case .gap(let mark): "gap \(mark.reason)"
          case .start: "start"
          }
        texts.append(ready.event.map { "\(name)@\($0.sequence)" } ?? name)
      }
      return texts
    }
  }
}
