import EventLoop
import Foundation
import Testing

@testable import Store

@Suite struct KeyTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `an item with the key of an earlier one is not stored, and leads to it`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.append(.keyed(1)) == .accepted)
    #expect(open.store.append(.keyed(2)) == .accepted)
    #expect(open.recorder.wait { !$0.repeated.isEmpty })
    let stored = try #require(open.recorder.events.stored.first)
    let pending = ItemState.pending(
      sequence: 1, phase: 0, storedAt: stored.storedAt, expiresAt: nil)
    #expect(
      open.recorder.events.repeated
        == [RepeatedItem(id: ItemID(2), original: ItemID(1), state: pending)])
    open.store.close()
    #expect(open.store.statistics.outboxMessages == 1)
    #expect(open.store.statistics.waitingMessages == 0)
    #expect(open.store.statistics.waitingBytes == 0)
  }

  @Test func `two items with one key in one transaction are one item`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.append(contentsOf: [.keyed(1), .sample(2), .keyed(3)]) == .accepted)
    #expect(open.recorder.wait { !$0.repeated.isEmpty })
    #expect(open.recorder.events.stored.map(\.id) == [ItemID(1), ItemID(2)])
    #expect(open.recorder.events.repeated.map(\.original) == [ItemID(1)])
    open.store.close()
    #expect(open.store.statistics.outboxMessages == 2)
    #expect(open.store.statistics.waitingMessages == 0)
  }

  @Test func `an item that asks for something else under a key is refused`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.append(.keyed(1)) == .accepted)
    #expect(open.store.append(.keyed(2, fingerprint: 9)) == .accepted)
    #expect(open.recorder.wait(for: .refused([ItemID(2)], .keyReused)))
    #expect(open.store.append(contentsOf: [.sample(3), .keyed(4, fingerprint: 9)]) == .accepted)
    #expect(open.recorder.wait(for: .refused([ItemID(3)], .keyReused)))
    #expect(open.recorder.wait(for: .refused([ItemID(4)], .keyReused)))
    #expect(open.store.append(.keyed(5, name: 8, fingerprint: 9)) == .accepted)
    #expect(open.recorder.waitForStored(2))
    open.store.close()
    #expect(open.store.statistics.outboxMessages == 2)
    #expect(open.store.statistics.waitingMessages == 0)
  }

  @Test func `a batch that is refused leaves none of its keys`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.append(contentsOf: [.keyed(1), .sample(2), .sample(2)]) == .accepted)
    #expect(open.recorder.wait { $0.refused.count == 3 })
    #expect(open.store.append(.keyed(4)) == .accepted)
    #expect(open.recorder.waitForStored(1))
    open.store.close()
  }

  @Test func `how an item ended is known under its key after its outcome was forgotten`() throws {
    let open = try OpenStore(directory) { $0.outcomesMax = 0 }
    #expect(open.store.append(.keyed(1)) == .accepted)
    #expect(open.recorder.waitForStored(1))
    let outcome = Outcome(code: 3, detail: [1, 2])
    open.store.finish(sequence: 1, outcome: outcome)
    open.store.close()
    let again = try OpenStore(directory) { $0.outcomesMax = 0 }
    #expect(again.store.remember(ItemID(99), outcome: Outcome(code: 0)))
    #expect(again.store.append(.keyed(2)) == .accepted)
    #expect(again.recorder.wait { !$0.repeated.isEmpty })
    let repetition = try #require(again.recorder.events.repeated.first)
    guard case .finished(let kept, _, _) = repetition.state else {
      Issue.record("\(repetition)")
      return
    }
    #expect(kept == outcome)
    #expect(again.state(of: 1, token: 1) == repetition.state)
    again.store.close()
  }

  @Test func `a forgotten item leaves no outcome, and its key is free again`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.append(.keyed(1)) == .accepted)
    #expect(open.recorder.waitForStored(1))
    open.store.finish(sequence: 1, outcome: Outcome(code: 3), ending: .forgotten)
    #expect(open.store.append(.keyed(2)) == .accepted)
    #expect(open.recorder.waitForStored(2))
    #expect(open.state(of: 1, token: 1) == nil)
    #expect(open.recorder.events.ended.map(\.ending) == [.forgotten])
    open.store.close()
    #expect(open.store.statistics.outcomes == 0)
  }

  @Test func `an item that the disk did not take leaves no key`() throws {
    let open = try OpenStore(directory) { $0.databaseBytesMax = 1 << 20 }
    #expect(open.store.append(.keyed(1, bytes: 2 << 20)) == .accepted)
    #expect(open.recorder.wait(for: .refused([ItemID(1)], .diskFull)))
    #expect(open.recorder.wait(for: .recovered) || open.store.statistics.failure == nil)
    #expect(open.store.append(.keyed(2, bytes: 10)) == .accepted)
    #expect(open.recorder.waitForStored(1))
    open.store.close()
  }

  @Test func `a crash leaves an item and its key, or neither`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.append(.keyed(1)) == .accepted)
    #expect(open.recorder.waitForStored(1))
    let stored = try TemporaryDirectory()
    try directory.copyFiles(to: stored)
    open.store.finish(sequence: 1, outcome: Outcome(code: 3), ending: .forgotten)
    #expect(open.recorder.wait { $0.finished == [1] })
    let forgotten = try TemporaryDirectory()
    try directory.copyFiles(to: forgotten)
    open.store.close()

    let withItem = try OpenStore(stored)
    #expect(withItem.store.append(.keyed(2)) == .accepted)
    #expect(withItem.recorder.wait { $0.repeated.map(\.original) == [ItemID(1)] })
    withItem.store.close()
    let without = try OpenStore(forgotten)
    #expect(without.store.append(.keyed(2)) == .accepted)
    #expect(without.recorder.waitForStored(1))
    without.store.close()
  }

  @Test func `a database from before keys and dead letters takes them`() throws {
    try directory.write(Data(), to: "bridge.sqlite3")
    let connection = try Connection(path: directory.databasePath)
    let earlier = Schema.migrations.prefix { $0 != Schema.keysAndDeadLetters }
    #expect(!earlier.isEmpty)
    try connection.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
    for migration in earlier { try connection.execute(migration) }
    try connection.execute(
      """
      PRAGMA application_id = \(Schema.applicationID);
      PRAGMA user_version = \(earlier.count);
      INSERT INTO outbox (id, stored_at, body) VALUES (zeroblob(16), 5, x'01');
      UPDATE totals SET messages = 1, bytes = 1;
      """)
    connection.setCheckpointOnClose(true)
    let open = try OpenStore(directory)
    open.store.startFeed()
    #expect(open.recorder.waitForFed(1))
    #expect(open.store.append(.keyed(1)) == .accepted)
    #expect(open.store.append(.keyed(2)) == .accepted)
    #expect(open.recorder.wait { !$0.repeated.isEmpty })
    open.store.finish(sequence: 1, outcome: Outcome(code: 1), ending: .deadLetter)
    #expect(open.recorder.wait { $0.finished == [1] })
    open.store.close()
    #expect(open.store.statistics.deadLetters == DeadLetterTotals(messages: 1, bytes: 1))
  }

  @Test func `a key is free again when its time is over`() throws {
    let path = directory.databasePath
    try OpenStore(directory).store.close()
    let options = StoreOptions(directory: directory.path)
    let database = try Database(path: path, options)
    let feed = Feed(limits: .init(messages: 1, bytes: 1), lastStored: 0)
    let day = Int64(24 * 3600 * 1000)
    #expect(try database.write([.append(.keyed(1))], feed, at: 0).stored.count == 1)
    #expect(try database.write([.append(.keyed(2))], feed, at: day).repeated.count == 1)
    #expect(try database.write([.append(.keyed(3))], feed, at: day + 1).stored.count == 1)
    #expect(try database.write([.append(.keyed(4))], feed, at: day + 1).repeated.count == 1)
  }

  @Test func `only so many keys are kept, and old ones go in small steps`() throws {
    let path = directory.databasePath
    try OpenStore(directory).store.close()
    var options = StoreOptions(directory: directory.path)
    options.keysMax = 150
    let database = try Database(path: path, options)
    let feed = Feed(limits: .init(messages: 1, bytes: 1), lastStored: 0)
    func count() throws -> Int64? {
      try database.connection.integer("SELECT count(*) FROM item_keys")
    }
    let many = (1...200).map { Command.append(.keyed($0, name: $0)) }
    _ = try database.write(many, feed, at: 0)
    #expect(try count() == 184)
    _ = try database.write([], feed, at: 0)
    #expect(try count() == 150)
    let later: Int64 = 24 * 3600 * 1000 + 1
    _ = try database.write([.recordName("x")], feed, at: later)
    #expect(try count() == 134)
    #expect(database.mayPrune)
    _ = try database.write([], feed, at: later)
    #expect(try count() == 0)
    #expect(!database.mayPrune)
  }
}

extension OutboxItem {
  /// An item with a key.
  static func keyed(
    _ number: Int, name: Int = 7, fingerprint: UInt8 = 1, bytes: Int = 16
  ) -> Self {
    var item = sample(number, bytes: bytes)
    item.key = ItemKey(
      name: Array("\(name)".utf8), fingerprint: [UInt8](repeating: fingerprint, count: 32))
    return item
  }
}

extension [StoreEvent] {
  var repeated: [RepeatedItem] {
    flatMap { event -> [RepeatedItem] in
      if case .repeated(let items) = event { items } else { [] }
    }
  }

  var ended: [EndedItem] {
    flatMap { event -> [EndedItem] in
      if case .ended(let items) = event { items } else { [] }
    }
  }
}
