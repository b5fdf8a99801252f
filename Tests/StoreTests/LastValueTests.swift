import Testing

@testable import Store

@Suite struct LastValueTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func item(_ topic: String, _ change: LastValueChange, isLogged: Bool = true) -> EventItem
  {
    var item = EventItem(topic: topic, kind: 0, body: [9])
    item.lastValue = change
    item.isLogged = isLogged
    return item
  }

  private func log(_ items: [EventItem], _ open: OpenStore) throws -> [LoggedEvent] {
    let before = open.recorder.events.logged.count
    open.store.log(items)
    try #require(open.recorder.wait { $0.logged.count == before + items.count })
    return Array(open.recorder.events.logged.dropFirst(before))
  }

  private func value(_ topic: String, _ open: OpenStore) throws -> [UInt8]? {
    try open.read { try $0.lastValue(of: topic) }?.body
  }

  private func topics(
    _ open: OpenStore, from: String = "", isBehind: Bool = false, rowsMax: Int = 100
  ) throws -> [String] {
    try open.read { reader in
      var topics: [String] = []
      let isEnd = try reader.lastValues(from: from, isBehind: isBehind, rowsMax: rowsMax) {
        topics.append($0.topic)
        return true
      }
      return isEnd ? topics + ["end"] : topics
    }
  }

  @Test func `the newest event of a topic is its last value, across restarts`() throws {
    let open = try OpenStore(directory)
    let places = try log([item("a", .set([1])), item("b", .set([2])), item("a", .set([3]))], open)
    #expect(places.map(\.sequence) == [1, 2, 3])
    #expect(try value("a", open) == [3] && value("b", open) == [2] && value("c", open) == nil)
    _ = try log([item("b", .remove)], open)
    #expect(try value("b", open) == nil)
    open.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
    let again = try OpenStore(directory)
    #expect(try value("a", again) == [3] && topics(again) == ["a", "end"])
    again.store.close()
  }

  @Test func `what is no event has no place in the log`() throws {
    let open = try OpenStore(directory)
    let places = try log(
      [item("a", .set([1]), isLogged: false), item("b", .set([2]))], open)
    #expect(places.map(\.sequence) == [0, 1])
    #expect(try value("a", open) == [1] && open.events(after: 0, through: 9).count == 1)
    open.store.close()
  }

  @Test func `a value that fills in gives way to one that is new enough`() throws {
    let open = try OpenStore(directory)
    let set = try log([item("a", .set([1]))], open)[0]
    _ = try log([item("a", .fill([2], olderThan: set.time))], open)
    #expect(try value("a", open) == [1])
    _ = try log([item("a", .fill([3], olderThan: set.time + 1))], open)
    #expect(try value("a", open) == [3])
    _ = try log([item("b", .fill([4], olderThan: 0))], open)
    #expect(try value("b", open) == [4])
    open.store.close()
  }

  @Test func `what changed longest ago goes when there is no room`() throws {
    let open = try OpenStore(directory) { $0.lastValueLimits.messages = 2 }
    _ = try log(["a", "b", "a", "c"].map { item($0, .set([1])) }, open)
    #expect(try topics(open) == ["a", "c", "end"])
    open.store.close()
    let again = try OpenStore(directory) {
      $0.lastValueLimits.bytes = 2 * (LastValueTable.rowOverheadBytes + 2) + 9
    }
    _ = try log([item("d", .set(Array(repeating: 0, count: 10)))], again)
    #expect(try topics(again) == ["c", "d", "end"])
    again.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
  }

  @Test func `a listing goes on behind the last topic of the page before`() throws {
    let open = try OpenStore(directory)
    _ = try log(["b", "a/b", "a", "c"].map { item($0, .set([1])) }, open)
    #expect(try topics(open, rowsMax: 2) == ["a", "a/b"])
    #expect(try topics(open, from: "a/b", isBehind: true) == ["b", "c", "end"])
    #expect(try topics(open, from: "b", rowsMax: 2) == ["b", "c", "end"])
    open.store.close()
  }
}
