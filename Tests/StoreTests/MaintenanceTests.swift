import Testing

@testable import Store

@Suite struct MaintenanceTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `the write-ahead log stays bounded under steady writing`() throws {
    let pages = 50
    let open = try OpenStore(directory) { $0.checkpointPages = pages }
    for id in 1...1000 { try open.appendAndWait(id...id, bytes: 1000) }
    // Above the threshold by one commit at most, which here changes fewer than 30 pages.
    #expect(directory.fileSize("bridge.sqlite3-wal") < (pages + 30) * (4096 + 24))
    #expect(open.store.close())
    #expect(open.store.statistics.checkpoints > 20)
    #expect(directory.fileSize("bridge.sqlite3-wal") == 0)
  }

  @Test func `a foreign reader delays checkpoints but does not cause one per commit`() throws {
    let open = try OpenStore(directory) { $0.checkpointPages = 20 }
    try open.appendAndWait(1...1)
    let reader = try Connection(path: directory.databasePath)
    try reader.execute("BEGIN; SELECT * FROM outbox")
    for id in 2...200 { try open.appendAndWait(id...id, bytes: 1000) }
    try reader.execute("COMMIT")
    for id in 201...300 { try open.appendAndWait(id...id, bytes: 1000) }
    #expect(open.store.close())
    let commits = open.store.statistics.commits
    #expect(commits == 300)
    #expect(open.store.statistics.checkpoints < commits / 2)
    #expect(open.store.statistics.checkpoints > 2)
  }

  @Test func `free pages go back to the volume in steps, except a reserve`() throws {
    try OpenStore(directory).store.close()
    let connection = try Connection(path: directory.databasePath)
    try connection.execute(
      """
      INSERT INTO outbox (id, stored_at, body) VALUES (x'01', 0, zeroblob(24000000));
      DELETE FROM outbox;
      """)
    var maintenance = Maintenance(checkpointPages: 1)
    #expect(maintenance.nextStep == nil)
    try maintenance.committed(connection, at: .zero)
    #expect(maintenance.nextStep == .seconds(1))
    func freePages() throws -> Int64 { try connection.integer("PRAGMA freelist_count") ?? 0 }
    let before = try freePages()
    try maintenance.step(connection, at: .milliseconds(999))
    #expect(try freePages() == before)
    var now = Duration.zero
    while let due = maintenance.nextStep {
      now = due
      let before = try freePages()
      try maintenance.step(connection, at: now)
      #expect(try freePages() >= before - 512)
      try #require(now < .seconds(100))
    }
    #expect(try freePages() <= 4096)
    #expect(try freePages() > 3000)
  }

  @Test func `the pause between two tries doubles up to its limit`() {
    var backoff = Backoff(first: .seconds(1), largest: .seconds(3), at: .seconds(10))
    #expect(backoff.nextTry == .seconds(11))
    backoff.failedAgain(at: .seconds(20))
    #expect(backoff.nextTry == .seconds(22))
    backoff.failedAgain(at: .seconds(30))
    #expect(backoff.nextTry == .seconds(33))
    backoff.failedAgain(at: .seconds(40))
    #expect(backoff.nextTry == .seconds(43))
  }
}
