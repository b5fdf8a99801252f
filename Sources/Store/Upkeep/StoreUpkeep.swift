/// What an operator does with a data directory: check it, copy it, make it small.
package enum StoreUpkeep {
  /// Looks at every page of the database, also while a bridge uses it.
  ///
  /// Meanwhile the write-ahead log of a running bridge grows. Throws when the file cannot be
  /// looked at; what is wrong inside is in the report.
  package static func check(directory: String) throws(StoreError) -> StoreReport {
    let connection = try open(directory, isReadOnly: true)
    return try StoreCheck(connection).run()
  }

  /// Copies the database as it is at one moment, also while a bridge uses it.
  ///
  /// The copy is durable when this returns, and opening it draws a new epoch. A file that is there
  /// already stays as it is. Returns the size of the copy.
  package static func backup(directory: String, to path: String) throws(StoreError) -> Int64 {
    guard !DurableFile.exists(path) else { throw .alreadyExists }
    let source = try open(directory, isReadOnly: true)
    try Schema.verify(source)
    let partial = path + ".partial"
    try DurableFile.createEmpty(partial)
    do throws(StoreError) {
      let copying = try source.prepare("VACUUM INTO ?1")
      try copying.bind(partial.hasPrefix("/") ? partial : "./" + partial, at: 1)
      try copying.run()
      try markAsCopy(partial)
      try DurableFile.publish(partial, as: path)
    } catch {
      try? DurableFile.remove(partial)
      throw error
    }
    return DurableFile.size(path)
  }

  /// Rewrites the database without free pages; no bridge may use it.
  ///
  /// Needs as much room again as the database has. Returns the sizes before and after.
  package static func compact(
    directory: String
  ) throws(StoreError) -> (bytesBefore: Int64, bytesAfter: Int64) {
    guard DurableFile.exists(directory) else { throw .noDatabase }
    let lock = try DataDirectory(directory)
    let connection = try open(directory, isReadOnly: false)
    try Schema.verify(connection)
    // What a crash left in the log belongs to the size before.
    _ = try connection.checkpoint(.truncate)
    let before = DurableFile.size(lock.databasePath)
    try connection.execute("PRAGMA synchronous = FULL; VACUUM")
    _ = try connection.checkpoint(.truncate)
    connection.setCheckpointOnClose(true)
    let after = DurableFile.size(lock.databasePath)
    return (before, after)
  }

  private static func open(
    _ directory: String, isReadOnly: Bool
  ) throws(StoreError) -> Connection {
    let path = DataDirectory.databasePath(in: directory)
    try DataDirectory.verifyDatabaseFile(path)
    let connection = try Connection(path: path, isReadOnly: isReadOnly)
    try connection.execute("PRAGMA busy_timeout = 5000")
    return connection
  }

  private static func markAsCopy(_ path: String) throws(StoreError) {
    let connection = try Connection(path: path)
    try connection.execute("PRAGMA synchronous = FULL")
    try SettingsTable(connection).markAsCopy()
  }
}
