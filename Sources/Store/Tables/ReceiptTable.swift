/// A durable set of numbers that came with events.
struct ReceiptTable {
  private let insertRow: Statement
  private let deleteRow: Statement
  private let deleteAll: Statement
  private let readAll: Statement

  init(_ connection: Connection) throws(StoreError) {
    insertRow = try connection.prepare("INSERT OR IGNORE INTO receipts (number) VALUES (?1)")
    deleteRow = try connection.prepare("DELETE FROM receipts WHERE number = ?1")
    deleteAll = try connection.prepare("DELETE FROM receipts")
    readAll = try connection.prepare("SELECT number FROM receipts ORDER BY number")
  }

  func remember(_ number: Int64) throws(StoreError) {
    try insertRow.bind(number, at: 1)
    try insertRow.run()
  }

  func forget(_ number: Int64) throws(StoreError) {
    try deleteRow.bind(number, at: 1)
    try deleteRow.run()
  }

  func forgetAll() throws(StoreError) { try deleteAll.run() }

  func all() throws(StoreError) -> [Int64] {
    defer { readAll.reset() }
    var numbers: [Int64] = []
    while try readAll.step() { numbers.append(readAll.integer(at: 0)) }
    return numbers
  }
}
