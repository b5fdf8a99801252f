package import EventLoop

/// Why the store could not open or could not keep something.
package enum StoreError: Error, Equatable, Sendable {
  /// Another process, or another store of this one, uses the directory.
  case locked(pid: Int32?)
  /// A later version of this program wrote the database.
  case newerSchema(found: Int64, known: Int64)
  /// The file is a database of some other program.
  case foreignDatabase(applicationID: Int64)
  case notADatabase
  /// There is no database in the directory.
  case noDatabase
  /// Something has the name already that a new file was to get.
  case alreadyExists
  case corrupt
  /// The volume, or the configured size of the database, has no room.
  case diskFull
  /// The operating system refused to read or write; `code` is SQLite's extended result code.
  case ioError(code: Int32)
  case readOnly
  /// Some other program holds a lock inside the database file.
  case busy
  /// The volume lacks the memory mapping that the write-ahead log needs.
  case noSharedMemory
  case outOfMemory
  /// An item with this identifier is in the outbox already.
  case duplicateItem
  case itemTooLarge
  /// An earlier item has the key of this one, and asks for something else.
  case keyReused
  /// The commit failed in a way that leaves open whether a crash would keep the items or lose them.
  case outcomeUnknown(code: Int32)
  /// A file operation outside of SQLite failed.
  case system(SystemError)
  /// Any other of SQLite's result codes.
  case database(code: Int32)
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .locked(let pid?): "the data directory is in use by process \(pid)"
    case .locked(nil): "the data directory is in use by another process"
    case .newerSchema(let found, let known):
      "the database has schema \(found), this program knows \(known) at most"
    case .foreignDatabase(let id): "the database belongs to another program (\(id))"
    case .notADatabase: "the file is not an SQLite database"
    case .noDatabase: "there is no database"
    case .alreadyExists: "the file is there already"
    case .corrupt: "the database is damaged"
    case .diskFull: "no room is left on the volume"
    case .ioError(let code): "input or output failed (SQLite code \(code))"
    case .readOnly: "the database cannot be written"
    case .busy: "another program holds a lock on the database"
    case .noSharedMemory: "the volume cannot hold a database with a write-ahead log"
    case .outOfMemory: "no memory is left"
    case .duplicateItem: "an item with this identifier is stored already"
    case .itemTooLarge: "the item is larger than the database can hold"
    case .keyReused: "the key of the item belongs to another item"
    case .outcomeUnknown(let code):
      "the commit failed and its outcome is not known (SQLite code \(code))"
    case .system(let error): error.description
    case .database(let code): "SQLite code \(code)"
    }
  }
}
