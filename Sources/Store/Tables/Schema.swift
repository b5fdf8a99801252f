/// The tables, and how a database of an earlier version becomes one of this version.
///
/// How to change the schema: append one string to `migrations`, never edit one that was released,
/// and extend the test that opens a database of every earlier version. The number of migrations is
/// the schema version, kept in `PRAGMA user_version`.
enum Schema {
  /// "mqbr" in ASCII; tells our databases from those of other programs.
  static let applicationID: Int64 = 0x6D71_6272

  static let migrations = [
    """
    CREATE TABLE outbox (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id BLOB NOT NULL UNIQUE,
      stored_at INTEGER NOT NULL,
      expires_at INTEGER,
      body BLOB NOT NULL
    );
    -- Apart from the outbox, because SQLite rewrites the whole row, body included.
    CREATE TABLE phases (
      sequence INTEGER PRIMARY KEY,
      phase INTEGER NOT NULL
    );
    CREATE TABLE outcomes (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id BLOB NOT NULL UNIQUE,
      stored_at INTEGER NOT NULL,
      finished_at INTEGER NOT NULL,
      code INTEGER NOT NULL,
      detail BLOB NOT NULL
    );
    -- What counting rows would tell, kept in the same transactions.
    CREATE TABLE totals (
      messages INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      outcomes INTEGER NOT NULL
    );
    INSERT INTO totals VALUES (0, 0, 0);
    CREATE TABLE names (name TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE settings (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE events (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      time INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      topic TEXT NOT NULL,
      body BLOB NOT NULL
    );
    CREATE TABLE receipts (number INTEGER PRIMARY KEY);
    CREATE TABLE subscriptions (
      name TEXT PRIMARY KEY,
      cursor INTEGER NOT NULL,
      hold_age INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      config BLOB NOT NULL
    ) WITHOUT ROWID;
    ALTER TABLE names ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE totals ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE totals ADD COLUMN event_bytes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE totals ADD COLUMN last_event_time INTEGER NOT NULL DEFAULT 0;
    INSERT INTO settings SELECT 'instance', value FROM settings WHERE key = 'epoch';
    """,
    keysAndDeadLetters,
    "ALTER TABLE receipts ADD COLUMN mark INTEGER",
    lastValues,
    "ALTER TABLE dead_letters ADD COLUMN owner TEXT",
  ]

  /// Creates or migrates the tables; a database that is not ours or newer is left as it was.
  static func prepare(_ connection: Connection) throws(StoreError) {
    let tables = try connection.integer("SELECT count(*) FROM sqlite_schema") ?? 0
    let (found, owner) = (try version(connection), try application(connection))
    if tables == 0, found == 0, owner == 0 {
      try connection.execute(
        "PRAGMA page_size = \(Connection.pageBytes); PRAGMA auto_vacuum = INCREMENTAL")
    } else {
      try verify(connection)
    }
    try configure(connection)
    if found < migrations.count { try migrate(connection, from: Int(found)) }
  }

  /// Refuses a database that is not ours, or newer, without changing it.
  static func verify(_ connection: Connection) throws(StoreError) {
    let application = try application(connection)
    guard application == applicationID else {
      throw .foreignDatabase(applicationID: application)
    }
    let (found, known) = (try version(connection), Int64(migrations.count))
    guard found >= 0, found <= known else { throw .newerSchema(found: found, known: known) }
  }

  private static func version(_ connection: Connection) throws(StoreError) -> Int64 {
    try connection.integer("PRAGMA user_version") ?? 0
  }

  private static func application(_ connection: Connection) throws(StoreError) -> Int64 {
    try connection.integer("PRAGMA application_id") ?? 0
  }

  private static func configure(_ connection: Connection) throws(StoreError) {
    try connection.execute("PRAGMA busy_timeout = 1000")
    // Without shared memory SQLite keeps its other journal and only says so.
    guard try connection.text("PRAGMA journal_mode = WAL") == "wal" else { throw .noSharedMemory }
    // FULL syncs the log at every commit: NORMAL may lose the last ones with the power.
    try connection.execute(
      """
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA foreign_keys = OFF;
      PRAGMA secure_delete = FAST;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -16384;
      """)
  }

  private static func migrate(
    _ connection: Connection, from found: Int
  ) throws(StoreError) {
    try connection.execute("BEGIN IMMEDIATE")
    do throws(StoreError) {
      for migration in migrations[found...] { try connection.execute(migration) }
      try connection.execute("PRAGMA application_id = \(applicationID)")
      try connection.execute("PRAGMA user_version = \(migrations.count)")
      try connection.execute("COMMIT")
    } catch {
      if connection.isInTransaction { try? connection.execute("ROLLBACK") }
      throw error
    }
  }
}
