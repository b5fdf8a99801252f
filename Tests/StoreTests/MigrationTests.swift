import Foundation
import Testing

@testable import Store

/// Databases of every schema that was ever released.
@Suite struct MigrationTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A database as the first version left it.
  private func makeFirstVersion() throws {
    try directory.write(Data(), to: "bridge.sqlite3")
    let connection = try Connection(path: directory.databasePath)
    try connection.execute(
      "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;" + Schema.migrations[0])
    try connection.execute(
      """
      INSERT INTO outbox (sequence, id, stored_at, expires_at, body)
      VALUES (7, x'00000000000000000000000000000007', 1000, NULL, x'0102');
      INSERT INTO phases VALUES (7, 2);
      UPDATE totals SET messages = 1, bytes = 2;
      INSERT INTO names VALUES ('a/+'), ('b');
      INSERT INTO settings VALUES ('epoch', CAST('k3f9x' AS BLOB));
      PRAGMA application_id = \(Schema.applicationID);
      PRAGMA user_version = 1;
      """)
    connection.setCheckpointOnClose(true)
  }

  @Test func `a database of the first version keeps everything, its epoch names the instance`()
    throws
  {
    try makeFirstVersion()
    let open = try OpenStore(directory)
    #expect(open.store.instance == "k3f9x" && open.store.epoch == "k3f9x")
    #expect(open.store.loadedNames == ["a/+", "b"].map { RecordedName(name: $0, since: 0) })
    #expect(open.store.loadedReceipts == [] && open.store.loadedSubscriptions == [])
    #expect(open.store.eventBounds == EventBounds(first: 1, last: 0, lastTime: 0))
    open.store.startFeed()
    #expect(open.recorder.waitForFed(1))
    #expect(open.recorder.events.fed[0].phase == 2 && open.recorder.events.fed[0].body == [1, 2])
    try open.logAndWait(1...3)
    open.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
    let again = try OpenStore(directory)
    #expect(again.store.instance == "k3f9x" && again.store.epoch == "k3f9x")
    again.store.close()
  }

  @Test(arguments: [3, 4])
  func `a database of a version without last values keeps its events and keys`(version: Int) throws
  {
    try directory.write(Data(), to: "bridge.sqlite3")
    let connection = try Connection(path: directory.databasePath)
    try connection.execute(
      "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
        + Schema.migrations[..<version].joined(separator: ";"))
    try connection.execute(
      """
      INSERT INTO events (sequence, time, kind, topic, body) VALUES (7, 1000, 0, 'a', x'01');
      UPDATE totals SET events = 1, event_bytes = 26, last_event_time = 1000;
      INSERT INTO item_keys (name, fingerprint, item, created_at)
      VALUES (x'01', x'02', x'00000000000000000000000000000007', 1000);
      INSERT INTO settings VALUES
        ('epoch', CAST('k3f9x' AS BLOB)), ('instance', CAST('i1' AS BLOB));
      PRAGMA application_id = \(Schema.applicationID);
      PRAGMA user_version = \(version);
      """)
    connection.setCheckpointOnClose(true)
    let open = try OpenStore(directory)
    #expect(open.store.instance == "i1" && open.store.epoch == "k3f9x")
    // It is old enough to be pruned at any moment.
    #expect(open.store.eventBounds.last == 7 && open.store.eventBounds.lastTime == 1000)
    #expect(try open.read { try $0.lastValue(of: "a") } == nil)
    var item = EventItem.sample(1)
    item.lastValue = .set([5])
    let topic = item.topic
    open.store.log([item])
    #expect(open.recorder.wait { $0.logged.map(\.sequence) == [8] })
    #expect(try open.read { try $0.lastValue(of: topic) }?.body == [5])
    open.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
  }

  @Test func `a dead letter of a database before those of subscriptions is an item's`() throws {
    try directory.write(Data(), to: "bridge.sqlite3")
    let connection = try Connection(path: directory.databasePath)
    try connection.execute(
      "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
        + Schema.migrations[..<5].joined(separator: ";"))
    try connection.execute(
      """
      INSERT INTO dead_letters (id, stored_at, expires_at, died_at, code, detail, body)
      VALUES (x'00000000000000000000000000000007', 1000, NULL, 2000, 5, x'01', x'0203');
      UPDATE dead_letter_totals SET messages = 1, bytes = 2;
      INSERT INTO subscriptions VALUES ('s', 0, 1000, 1000, x'01');
      PRAGMA application_id = \(Schema.applicationID);
      PRAGMA user_version = 5;
      """)
    connection.setCheckpointOnClose(true)
    let open = try OpenStore(directory)
    #expect(open.store.loadedSubscriptions.map(\.name) == ["s"])
    guard case .found(let letter) = open.ask(.find(ItemID(7)), 1) else {
      Issue.record("no dead letter")
      return
    }
    #expect(letter.owner == nil && letter.outcome == Outcome(code: 5, detail: [1]))
    #expect(open.ask(.retry(ItemID(7)), 2) == .retried)
    open.store.close()
    #expect(open.store.statistics.outboxMessages == 1)
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
  }

  @Test func `a receipt of a database before the marks has none`() throws {
    try makeFirstVersion()
    let connection = try Connection(path: directory.databasePath)
    for migration in Schema.migrations[1..<3] { try connection.execute(migration) }
    try connection.execute("INSERT INTO receipts VALUES (5); PRAGMA user_version = 3;")
    connection.setCheckpointOnClose(true)
    _ = try connection.checkpoint(.truncate)
    let open = try OpenStore(directory)
    #expect(open.store.loadedReceipts == [Receipt(number: 5)])
    open.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
  }

  @Test func `a backup of a database of the first version gets a new epoch`() throws {
    try makeFirstVersion()
    let copy = try TemporaryDirectory()
    _ = try StoreUpkeep.backup(directory: directory.path, to: copy.databasePath)
    let open = try OpenStore(copy)
    #expect(open.store.instance == "k3f9x" && open.store.epoch != "k3f9x")
    open.store.close()
  }

  @Test func `a database of the first version put back over a later one gets a new epoch`() throws {
    try makeFirstVersion()
    let old = try directory.read("bridge.sqlite3")
    try OpenStore(directory).store.close()
    try directory.write(old, to: "bridge.sqlite3")
    let open = try OpenStore(directory)
    #expect(open.store.instance == "k3f9x" && open.store.epoch != "k3f9x")
    open.store.close()
  }

  @Test func `checking a database of an earlier version says its schema and changes nothing`()
    throws
  {
    try makeFirstVersion()
    let before = try directory.read("bridge.sqlite3")
    let report = try StoreUpkeep.check(directory: directory.path)
    #expect(report.schema == 1 && report.isSound)
    #expect(try directory.read("bridge.sqlite3") == before)
  }
}
