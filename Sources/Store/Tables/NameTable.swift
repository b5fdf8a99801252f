/// A durable set of strings, each with the newest event when it came in.
struct NameTable {
  private let insertRow: Statement
  private let deleteRow: Statement
  private let readSince: Statement
  private let readAll: Statement

  init(_ connection: Connection) throws(StoreError) {
    insertRow = try connection.prepare("INSERT OR IGNORE INTO names (name, since) VALUES (?1, ?2)")
    deleteRow = try connection.prepare("DELETE FROM names WHERE name = ?1")
    readSince = try connection.prepare("SELECT since FROM names WHERE name = ?1")
    readAll = try connection.prepare("SELECT name, since FROM names ORDER BY name")
  }

  /// Adds a name; one that is there stays as it is.
  func record(_ name: String, since: Int64) throws(StoreError) -> RecordedName {
    try insertRow.bind(name, at: 1)
    try insertRow.bind(since, at: 2)
    try insertRow.run()
    defer { readSince.reset() }
    try readSince.bind(name, at: 1)
    return RecordedName(name: name, since: try readSince.step() ? readSince.integer(at: 0) : since)
  }

  func forget(_ name: String) throws(StoreError) {
    try deleteRow.bind(name, at: 1)
    try deleteRow.run()
  }

  func all() throws(StoreError) -> [RecordedName] {
    defer { readAll.reset() }
    var names: [RecordedName] = []
    while try readAll.step() {
      names.append(RecordedName(name: readAll.text(at: 0), since: readAll.integer(at: 1)))
    }
    return names
  }
}
