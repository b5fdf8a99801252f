import EventLoop
import Testing

@testable import Store

@Suite struct EventLogTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `events are logged in order and read back as they were`() throws {
    let before = WallClock.milliseconds()
    let open = try OpenStore(directory)
    let items = (1...10).map { EventItem.sample($0) }
    open.store.log(Array(items[..<4]))
    open.store.log(Array(items[4...]))
    #expect(open.recorder.wait { $0.logged.count == 10 })
    let logged = open.recorder.events.logged
    #expect(logged.map(\.sequence) == Array(1...10))
    #expect(logged.allSatisfy { $0.time >= before && $0.time <= WallClock.milliseconds() })
    let bounds = EventBounds(first: 1, last: 10, lastTime: logged[9].time)
    #expect(open.store.eventBounds == bounds)
    let read = try open.events(after: 0, through: 10)
    #expect(read.map(\.item) == items)
    #expect(read.map(\.place) == logged)
    open.store.close()
    let again = try OpenStore(directory)
    #expect(again.store.eventBounds == bounds)
    #expect(try again.events(after: 0, through: 10).map(\.item) == items)
    #expect(again.store.statistics.events == 10)
    again.store.close()
  }

  @Test func `a log of nothing is not answered`() throws {
    let open = try OpenStore(directory)
    open.store.log([])
    open.store.log([.sample(1)])
    #expect(open.recorder.wait { !$0.logged.isEmpty })
    open.store.close()
    #expect(open.recorder.events.logged.map(\.sequence) == [1])
  }
}
