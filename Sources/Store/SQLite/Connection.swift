import CSQLite

/// One SQLite connection; whoever made it is the only one who may touch it at a time.
@safe final class Connection {
  enum Checkpoint { case passive, truncate }

  /// The size of a page in every database that the store creates.
  static let pageBytes = 4096

  /// Settings of the library for the whole process.
  private static let isConfigured = csqlite_count_no_memory() == SQLITE_OK

  private let handle: OpaquePointer
  /// Pages in the write-ahead log after the last commit.
  private let walPages: WALPages

  /// Opens an existing file; one that is empty becomes a database.
  init(path: String, isReadOnly: Bool = false) throws(StoreError) {
    _ = Self.isConfigured
    let access = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
    let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    // SQLite takes a name that starts with "file:" for a URI.
    let name = path.hasPrefix("/") ? path : "./" + path
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(name, &opened, flags, nil)
    guard let opened = unsafe opened else { throw .outOfMemory }
    guard code == SQLITE_OK else {
      unsafe sqlite3_close_v2(opened)
      throw ResultCode.error(code)
    }
    unsafe handle = opened
    walPages = WALPages()
    // Takes the place of SQLite's own hook, so nothing is copied but by `checkpoint`. Setting
    // `PRAGMA wal_autocheckpoint` would take this hook away again.
    unsafe sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        guard let context = unsafe context else { return SQLITE_OK }
        unsafe Unmanaged<WALPages>.fromOpaque(context).takeUnretainedValue().count = Int(pages)
        return SQLITE_OK
      }, Unmanaged.passUnretained(walPages).toOpaque())
    setCheckpointOnClose(false)
  }

  deinit { unsafe sqlite3_close_v2(handle) }

  /// Runs statements that return nothing of interest.
  func execute(_ sql: String) throws(StoreError) {
    try ResultCode.check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
  }

  func prepare(_ sql: String) throws(StoreError) -> Statement {
    try unsafe Statement(connection: handle, sql)
  }

  /// The first column of the first row, or nil without a row.
  func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try prepare(sql)
    guard try statement.step() else { return nil }
    return statement.integer(at: 0)
  }

  /// The used length of the write-ahead log: a header, and each page with its own.
  var walBytes: Int { walPages.count == 0 ? 0 : 32 + walPages.count * (24 + Self.pageBytes) }

  /// The text in the first column of the first row, or nil without a row.
  func text(_ sql: String) throws(StoreError) -> String? {
    let statement = try prepare(sql)
    guard try statement.step() else { return nil }
    return statement.text(at: 0)
  }

  /// Whether a transaction is open; SQLite ends one by itself after some errors.
  var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  /// How many rows the last statement changed.
  var changes: Int { unsafe Int(sqlite3_changes64(handle)) }

  var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

  /// The pages of the write-ahead log as the last commit or checkpoint left it.
  var walPageCount: Int { walPages.count }

  /// How many pages were read from the file since opening.
  var pagesRead: Int {
    var current: Int32 = 0
    var highest: Int32 = 0
    unsafe sqlite3_db_status(handle, SQLITE_DBSTATUS_CACHE_MISS, &current, &highest, 0)
    return Int(current)
  }

  /// Copies the write-ahead log into the database, as far as no reader is in the way.
  ///
  /// When everything was copied the next commit starts the log from its beginning.
  func checkpoint(_ kind: Checkpoint) throws(StoreError) -> (inLog: Int, copied: Int) {
    let mode =
      switch kind {
      case .passive: SQLITE_CHECKPOINT_PASSIVE
      case .truncate: SQLITE_CHECKPOINT_TRUNCATE
      }
    var inLog: Int32 = 0
    var copied: Int32 = 0
    try ResultCode.check(
      unsafe sqlite3_wal_checkpoint_v2(handle, nil, mode, &inLog, &copied))
    if inLog <= copied { walPages.count = 0 }
    return (Int(inLog), Int(copied))
  }

  /// Whether closing copies the write-ahead log into the database; a new connection does not.
  func setCheckpointOnClose(_ enabled: Bool) {
    unsafe csqlite_set_checkpoint_on_close(handle, enabled ? 1 : 0)
  }

  private final class WALPages {
    var count = 0
  }
}
