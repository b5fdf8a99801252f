import HTTPFront
import TestSupport
import Testing

@testable import Bridge

@Suite struct SharedDispatchTests {
  private static let first = StreamID(shard: 0, serial: 1)
  private static let second = StreamID(shard: 0, serial: 2)

  @Test func `one consumer reads at a time, and what it reads it holds`() {
    var dispatch = SharedDispatch(after: 10)
    let (first, second) = (Self.first, Self.second)
    #expect(dispatch.work(for: first) == .next(after: 10, atMost: SharedDispatch.givenMax))
    #expect(dispatch.work(for: second) == nil)
    dispatch.read([11, 14], through: 20, by: first)
    #expect(dispatch.heldCount == 2 && dispatch.floor == 10 && dispatch.dispatched == 20)
    #expect(dispatch.work(for: second) == .next(after: 20, atMost: SharedDispatch.givenMax))
  }

  @Test func `the floor moves over what is acknowledged and what is for nobody`() {
    var dispatch = SharedDispatch(after: 0)
    _ = dispatch.work(for: Self.first)
    dispatch.read([2, 4, 6], through: 9, by: Self.first)
    for (sequence, isHeld, floor) in [
      (4, true, 1), (2, true, 5), (2, false, 5), (3, false, 5), (10, false, 5), (6, true, 9),
    ] as [(Int64, Bool, Int64)] {
      let wasHeld = dispatch.acknowledge(sequence)
      #expect(wasHeld == isHeld && dispatch.floor == floor)
    }
    #expect(dispatch.heldCount == 0)
  }

  @Test func `what a consumer leaves is given to the next one, the oldest first`() {
    var dispatch = SharedDispatch(after: 0)
    _ = dispatch.work(for: Self.first)
    dispatch.read([1, 2, 3], through: 3, by: Self.first)
    #expect(dispatch.acknowledge(2) == true)
    dispatch.left(Self.first)
    #expect(dispatch.heldCount == 0 && dispatch.floor == 0)
    #expect(dispatch.work(for: Self.second) == .again([1, 3]))
    #expect(dispatch.heldCount == 2 && dispatch.floor == 0)
    dispatch.acknowledgeAll(of: Self.second)
    #expect(dispatch.floor == 3 && dispatch.heldCount == 0)
  }

  @Test func `what was left can be acknowledged before somebody gets it again`() {
    var dispatch = SharedDispatch(after: 0)
    _ = dispatch.work(for: Self.first)
    dispatch.read([1, 2], through: 2, by: Self.first)
    dispatch.left(Self.first)
    #expect(dispatch.acknowledge(1) == true)
    #expect(dispatch.floor == 1)
    #expect(dispatch.work(for: Self.second) == .again([2]))
  }

  @Test func `a read that fails lets others read`() {
    var dispatch = SharedDispatch(after: 5)
    _ = dispatch.work(for: Self.first)
    dispatch.readFailed()
    #expect(
      dispatch.work(for: Self.second) == .next(after: 5, atMost: SharedDispatch.givenMax))
  }

  @Test func `a consumer that holds as much as it may gets no more`() {
    var dispatch = SharedDispatch(after: 0)
    var last: Int64 = 0
    while case .next(let after, let atMost) = dispatch.work(for: Self.first) {
      let events = (1...Int64(atMost)).map { after + $0 }
      last = after + Int64(atMost)
      dispatch.read(events, through: last, by: Self.first)
    }
    #expect(dispatch.heldCount == SharedDispatch.heldMax && last == 256)
    #expect(dispatch.acknowledge(7) == true)
    #expect(dispatch.work(for: Self.first) == .next(after: last, atMost: 1))
  }

  @Test func `an event that nobody acknowledges does not keep all that came after it`() {
    var dispatch = SharedDispatch(after: 0)
    _ = dispatch.work(for: Self.first)
    dispatch.read([1], through: 1, by: Self.first)
    for sequence in 2...10_000 as ClosedRange<Int64> {
      _ = dispatch.work(for: Self.second)
      dispatch.read([sequence], through: sequence, by: Self.second)
      #expect(dispatch.acknowledge(sequence) == true)
    }
    #expect(dispatch.floor == 0 && dispatch.rememberedCount < 1000)
    #expect(dispatch.acknowledge(1) == true)
    #expect(dispatch.floor == 10_000)
  }

  @Test func `in the end every event is acknowledged once, and one at a time holds it`() {
    var generator = SeededGenerator(for: "shared dispatch")
    for _ in 0..<100 {
      var model = SharedDispatchModel(generator)
      for _ in 0..<400 { model.step() }
      model.end()
      generator = model.generator
    }
  }
}
