/// Keeps the write-ahead log and the database file small, in small steps.
struct Maintenance {
  private static let pause = Duration.seconds(1)
  /// Free pages that stay in the file for the next rows.
  private static let freePagesKept: Int64 = 4096
  private static let freePagesPerStep: ClosedRange<Int64> = 512...2048

  private let checkpointPages: Int
  private var nextCheckpoint: Int
  /// When free pages are given back next; nil while there are few.
  private(set) var nextStep: Duration?
  private(set) var checkpoints = 0

  init(checkpointPages: Int) {
    self.checkpointPages = checkpointPages
    nextCheckpoint = checkpointPages
  }

  /// Copies the log into the database when it has grown enough.
  mutating func committed(_ connection: Connection, at now: Duration) throws(StoreError) {
    if connection.walPageCount >= nextCheckpoint { try checkpoint(connection, at: now) }
  }

  private mutating func checkpoint(
    _ connection: Connection, at now: Duration
  ) throws(StoreError) {
    let (inLog, copied) = try connection.checkpoint(.passive)
    checkpoints += 1
    // A foreign reader keeps the log from starting again: do not try at every commit.
    nextCheckpoint = (inLog <= copied ? 0 : inLog) + checkpointPages
    try plan(connection, at: now)
  }

  /// Gives some free pages back to the volume when it is time.
  mutating func step(_ connection: Connection, at now: Duration) throws(StoreError) {
    guard let due = nextStep, due <= now else { return }
    // More when much is free, so that the file shrinks within minutes whatever its size.
    let surplus = try freePages(connection) - Self.freePagesKept
    let (least, most) = (Self.freePagesPerStep.lowerBound, Self.freePagesPerStep.upperBound)
    let pages = min(max(surplus / 64, least), most)
    try connection.execute("PRAGMA incremental_vacuum(\(pages))")
    // The file itself only shrinks when the log is copied into it.
    try checkpoint(connection, at: now)
  }

  /// Looks whether there are free pages to give back.
  mutating func plan(_ connection: Connection, at now: Duration) throws(StoreError) {
    nextStep = try freePages(connection) > Self.freePagesKept ? now + Self.pause : nil
  }

  private func freePages(_ connection: Connection) throws(StoreError) -> Int64 {
    try connection.integer("PRAGMA freelist_count") ?? 0
  }
}
