import HTTPFront
import TestSupport
import Testing

@testable import Bridge

/// Consumers of a shared subscription that come and go, and a log that grows.
struct SharedDispatchModel {
  private(set) var generator: SeededGenerator
  private var dispatch = SharedDispatch(after: 0)
  /// The newest event of the log.
  private var head: Int64 = 0
  /// The events of the log that the subscription is about.
  private var wanted: Set<Int64> = []
  private var acknowledged: Set<Int64> = []
  private var held: [StreamID: Set<Int64>] = [:]
  /// Who reads, after which event, and how many it may have.
  private var reading: (id: StreamID, after: Int64, atMost: Int)?
  private var lastSerial: UInt64 = 0

  init(_ generator: SeededGenerator) { self.generator = generator }

  mutating func step() {
    switch Int.random(in: 0..<12, using: &generator) {
    case 0: join()
    case 1: if generator.chance(0.3) { leave() }
    case 2, 3, 4: grow()
    case 5, 6: work()
    case 7, 8: finishReading()
    case 9: if generator.chance(0.1) { failReading() }
    case 10: acknowledge()
    default: if generator.chance(0.2) { acknowledgeAll() }
    }
    check()
  }

  /// One consumer takes all that is left.
  mutating func end() {
    finishReading()
    while !held.isEmpty { leave() }
    join()
    while true {
      let before = (dispatch.dispatched, acknowledged.count)
      work()
      finishReading()
      acknowledgeAll()
      check()
      if before == (dispatch.dispatched, acknowledged.count) { break }
    }
    #expect(acknowledged == wanted)
    #expect(dispatch.floor == head && dispatch.heldCount == 0)
  }

  private mutating func join() {
    lastSerial += 1
    held[StreamID(shard: 0, serial: lastSerial)] = []
  }

  private mutating func consumer() -> StreamID? {
    held.keys.sorted { $0.serial < $1.serial }.randomElement(using: &generator)
  }

  private mutating func leave() {
    guard let id = consumer() else { return }
    // Who reads cannot be told until its read has come back.
    if reading?.id == id { finishReading() }
    held[id] = nil
    dispatch.left(id)
  }

  private mutating func grow() {
    for _ in 0..<Int.random(in: 1...20, using: &generator) {
      head += 1
      if generator.chance(0.6) { wanted.insert(head) }
    }
  }

  private mutating func work() {
    guard let id = consumer() else { return }
    switch dispatch.work(for: id) {
    case nil: break
    case .again(let events):
      for event in events { give(event, to: id) }
    case .next(let after, let atMost):
      #expect(reading == nil, "two read at a time")
      reading = (id, after, atMost)
    }
  }

  private mutating func finishReading() {
    guard let (id, after, atMost) = reading else { return }
    reading = nil
    let all = wanted.filter { $0 > after }.sorted()
    let events = Array(all.prefix(atMost))
    let through = all.count > atMost ? events.last ?? after : max(after, head)
    for event in events {
      #expect(!acknowledged.contains(event), "\(event) again after it was acknowledged")
      give(event, to: id)
    }
    dispatch.read(events, through: through, by: id)
  }

  private mutating func failReading() {
    guard reading != nil else { return }
    reading = nil
    dispatch.readFailed()
  }

  private mutating func give(_ event: Int64, to id: StreamID) {
    #expect(wanted.contains(event) && !acknowledged.contains(event))
    #expect(held.values.allSatisfy { !$0.contains(event) }, "\(event) is held by two")
    held[id]?.insert(event)
  }

  private mutating func acknowledge() {
    guard let id = consumer(),
      let event = held[id]?.sorted().randomElement(using: &generator)
    else { return }
    let isFirst = dispatch.acknowledge(event)
    let isSecond = dispatch.acknowledge(event)
    #expect(isFirst && !isSecond)
    held[id]?.remove(event)
    acknowledged.insert(event)
  }

  private mutating func acknowledgeAll() {
    guard let id = consumer() else { return }
    dispatch.acknowledgeAll(of: id)
    acknowledged.formUnion(held[id] ?? [])
    held[id] = []
  }

  private func check() {
    #expect(dispatch.heldCount == held.values.reduce(0) { $0 + $1.count })
    #expect(held.values.allSatisfy { $0.count <= SharedDispatch.heldMax })
    let floor = dispatch.floor
    #expect(floor <= dispatch.dispatched && dispatch.dispatched <= head)
    let open = wanted.subtracting(acknowledged).min() ?? .max
    #expect(floor < open, "the floor \(floor) passes \(open)")
  }
}
