import EventLoop
import Glibc

/// The directory of one store, locked against every other one until this value ends.
///
/// The lock is the kernel's and ends with the process. The number in the file only says who holds
/// it, for the error text.
struct DataDirectory: ~Copyable {
  let path: String
  private let lock: Descriptor

  /// Creates the directory when it is missing, and locks it.
  init(_ path: String) throws(StoreError) {
    self.path = path
    let created = try Self.create(path)
    let number = unsafe open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw .system(SystemError("open")) }
    let lock = Descriptor(owning: number)
    while flock(lock.number, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      guard errno == EWOULDBLOCK else { throw .system(SystemError("flock")) }
      throw .locked(pid: Self.readPID(lock))
    }
    try Self.writePID(lock)
    if created { try DurableFile.sync(path + "/..") }
    self.lock = lock
  }

  var databasePath: String { Self.databasePath(in: path) }

  static func databasePath(in directory: String) -> String { directory + "/bridge.sqlite3" }

  /// SQLite's write-ahead log.
  static func logPath(in directory: String) -> String { databasePath(in: directory) + "-wal" }

  /// Makes sure that a file is there and is one of SQLite's, without changing anything.
  static func verifyDatabaseFile(_ path: String) throws(StoreError) {
    guard let start = try DurableFile.read(path, upTo: sqliteStart.count) else {
      throw .noDatabase
    }
    guard start == sqliteStart else { throw .notADatabase }
  }

  private static let sqliteStart = Array("SQLite format 3\0".utf8)

  /// Makes sure that the database file exists, readable by this user only, or is one of SQLite's.
  func prepareDatabaseFile() throws(StoreError) {
    let number = unsafe open(databasePath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw .system(SystemError("open")) }
    let file = Descriptor(owning: number)
    var start = [UInt8](repeating: 0, count: 16)
    let count = unsafe pread(file.number, &start, start.count, 0)
    guard count >= 0 else { throw .system(SystemError("pread")) }
    if count == 0 { return try DurableFile.sync(path) }
    guard start == Self.sqliteStart else { throw .notADatabase }
  }

  private static func create(_ path: String) throws(StoreError) -> Bool {
    if unsafe mkdir(path, 0o700) == 0 { return true }
    guard errno == EEXIST else { throw .system(SystemError("mkdir")) }
    return false
  }

  private static func readPID(_ lock: borrowing Descriptor) -> Int32? {
    var text = [UInt8](repeating: 0, count: 16)
    let count = unsafe pread(lock.number, &text, text.count, 0)
    guard count > 0 else { return nil }
    let digits = text[..<count].prefix { (0x30...0x39).contains($0) }
    return Int32(String(decoding: digits, as: UTF8.self))
  }

  private static func writePID(_ lock: borrowing Descriptor) throws(StoreError) {
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(lock.number, 0) == 0 else { throw .system(SystemError("ftruncate")) }
    guard unsafe pwrite(lock.number, text, text.count, 0) == text.count else {
      throw .system(SystemError("pwrite"))
    }
  }
}
