/// A durable set of numbers that came with events.
struct ReceiptTable {
  private let insertRow: Statement
  private let deleteRow: Statement
  private let deleteAll: Statement
  private let readAll: Statement

  init(_ connection: Connection) throws(StoreError) {
    insertRow = try connection.prepare(
      "INSERT OR REPLACE INTO receipts (number, mark) VALUES (?1, ?2)")
    deleteRow = try connection.prepare("DELETE FROM receipts WHERE number = ?1")
    deleteAll = try connection.prepare("DELETE FROM receipts")
    readAll = try connection.prepare("SELECT number, mark FROM receipts ORDER BY number")
  }

  /// Another receipt of the same number goes.
  func remember(_ receipt: Receipt) throws(StoreError) {
    try insertRow.bind(receipt.number, at: 1)
    try insertRow.bind(receipt.mark, at: 2)
    try insertRow.run()
  }

  func forget(_ number: Int64) throws(StoreError) {
    try deleteRow.bind(number, at: 1)
    try deleteRow.run()
  }

  func forgetAll() throws(StoreError) { try deleteAll.run() }

  func all() throws(StoreError) -> [Receipt] {
    defer { readAll.reset() }
    var receipts: [Receipt] = []
    while try readAll.step() {
      receipts.append(
        Receipt(number: readAll.integer(at: 0), mark: readAll.optionalInteger(at: 1)))
    }
    return receipts
  }
}
