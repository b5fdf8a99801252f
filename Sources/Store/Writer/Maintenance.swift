/// Keeps the write-ahead log and the database file small, in small steps.
struct Maintenance {
  private static let pause = Duration.seconds(1)
  /// Free pages that stay in the file for the next rows.
  private static let freePagesKept: Int64 = 4096
  private static let freePagesPerStep = 512

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
    guard connection.walPageCount >= nextCheckpoint else { return }
    let (inLog, copied) = try connection.checkpoint(.passive)
    checkpoints += 1
    // A foreign reader keeps the log from starting again: do not try at every commit.
    nextCheckpoint = (inLog <= copied ? 0 : inLog) + checkpointPages
    try plan(connection, at: now)
  }

  /// Gives some free pages back to the volume when it is time.
  mutating func step(_ connection: Connection, at now: Duration) throws(StoreError) {
    guard let due = nextStep, due <= now else { return }
    try connection.execute("PRAGMA incremental_vacuum(\(Self.freePagesPerStep))")
    try plan(connection, at: now)
  }

  private mutating func plan(_ connection: Connection, at now: Duration) throws(StoreError) {
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    nextStep = free > Self.freePagesKept ? now + Self.pause : nil
  }
}
