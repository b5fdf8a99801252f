/// A durable set of strings.
struct NameTable {
  private let insertRow: Statement
  private let deleteRow: Statement
  private let readAll: Statement

  init(_ connection: Connection) throws(StoreError) {
    insertRow = try connection.prepare("INSERT OR IGNORE INTO names (name) VALUES (?1)")
    deleteRow = try connection.prepare("DELETE FROM names WHERE name = ?1")
    readAll = try connection.prepare("SELECT name FROM names ORDER BY name")
  }

  func record(_ name: String) throws(StoreError) {
    try insertRow.bind(name, at: 1)
    try insertRow.run()
  }

  func forget(_ name: String) throws(StoreError) {
    try deleteRow.bind(name, at: 1)
    try deleteRow.run()
  }

  func all() throws(StoreError) -> [String] {
    defer { readAll.reset() }
    var names: [String] = []
    while try readAll.step() { names.append(readAll.text(at: 0)) }
    return names
  }
}
