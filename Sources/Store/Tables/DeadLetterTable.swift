/// The items that nobody could deliver, in the order in which they died.
struct DeadLetterTable {
  /// How many bytes of bodies one page holds; the last one may go beyond.
  private static let pageBytes = 8 << 20

  private let connection: Connection
  private let insertRow: Statement
  private let insertOwned: Statement
  private let changeOutcome: Statement
  private let readPage: Statement
  private let findByID: Statement
  private let reviveRow: Statement
  private let readOldest: Statement
  private let deleteRow: Statement
  private let readTotals: Statement
  private let writeTotals: Statement

  init(_ connection: Connection) throws(StoreError) {
    self.connection = connection
    let columns = "number, id, stored_at, died_at, code, detail, body, owner"
    insertRow = try connection.prepare(
      """
      INSERT OR REPLACE INTO dead_letters (id, stored_at, expires_at, died_at, code, detail, body)
      SELECT id, stored_at, expires_at, ?2, ?3, ?4, body FROM outbox WHERE sequence = ?1
      """)
    insertOwned = try connection.prepare(
      """
      INSERT INTO dead_letters (id, stored_at, died_at, code, owner, detail, body)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """)
    changeOutcome = try connection.prepare(
      "UPDATE dead_letters SET died_at = ?2, code = ?3, detail = ?4 WHERE number = ?1")
    readPage = try connection.prepare(
      "SELECT \(columns) FROM dead_letters WHERE number < ?1 ORDER BY number DESC")
    findByID = try connection.prepare("SELECT \(columns) FROM dead_letters WHERE id = ?1")
    reviveRow = try connection.prepare(
      """
      INSERT INTO outbox (id, stored_at, expires_at, body)
      SELECT id, ?2, ?2 + expires_at - stored_at, body FROM dead_letters WHERE id = ?1
      """)
    readOldest = try connection.prepare(
      "SELECT number, length(body) FROM dead_letters ORDER BY number LIMIT 1")
    deleteRow = try connection.prepare("DELETE FROM dead_letters WHERE number = ?1")
    readTotals = try connection.prepare("SELECT messages, bytes, dropped FROM dead_letter_totals")
    writeTotals = try connection.prepare(
      "UPDATE dead_letter_totals SET messages = ?1, bytes = ?2, dropped = ?3")
  }

  /// Copies a row of the outbox.
  func insert(
    fromOutbox sequence: Int64, _ outcome: Outcome, diedAt: Int64
  ) throws(StoreError) {
    try insertRow.bind(sequence, at: 1)
    try insertRow.bind(diedAt, at: 2)
    try insertRow.bind(outcome.code, at: 3)
    try insertRow.run(blob: outcome.detail, at: 4)
  }

  func insert(
    _ events: UndeliveredEvents, of owner: String, diedAt: Int64
  ) throws(StoreError) {
    try insertOwned.bind(events.id, at: 1)
    try insertOwned.bind(events.storedAt, at: 2)
    try insertOwned.bind(diedAt, at: 3)
    try insertOwned.bind(events.outcome.code, at: 4)
    try insertOwned.bind(owner, at: 5)
    try insertOwned.bind(copying: events.outcome.detail, at: 6)
    try insertOwned.run(blob: events.body, at: 7)
  }

  /// It was tried again and ended so.
  func change(_ number: Int64, _ outcome: Outcome, diedAt: Int64) throws(StoreError) {
    try changeOutcome.bind(number, at: 1)
    try changeOutcome.bind(diedAt, at: 2)
    try changeOutcome.bind(outcome.code, at: 3)
    try changeOutcome.run(blob: outcome.detail, at: 4)
  }

  /// Copies a dead letter into the outbox as a row stored now, and returns its sequence.
  func revive(_ id: ItemID, storedAt: Int64) throws(StoreError) -> Int64 {
    try reviveRow.bind(id, at: 1)
    try reviveRow.bind(storedAt, at: 2)
    try reviveRow.run()
    return connection.lastInsertedRow
  }

  func delete(_ number: Int64) throws(StoreError) {
    try deleteRow.bind(number, at: 1)
    try deleteRow.run()
  }

  func find(_ id: ItemID) throws(StoreError) -> DeadLetter? {
    defer { findByID.reset() }
    try findByID.bind(id, at: 1)
    return try findByID.step() ? try Self.letter(findByID) : nil
  }

  /// The newest ones before `number`, and whether there are more.
  func page(
    before number: Int64?, limit: Int
  ) throws(StoreError) -> (letters: [DeadLetter], isEnd: Bool) {
    defer { readPage.reset() }
    try readPage.bind(number ?? .max, at: 1)
    var letters: [DeadLetter] = []
    var bytes = 0
    while try readPage.step() {
      guard letters.count < limit, bytes < Self.pageBytes else { return (letters, false) }
      let letter = try Self.letter(readPage)
      bytes += letter.body.count
      letters.append(letter)
    }
    return (letters, true)
  }

  func oldest() throws(StoreError) -> (number: Int64, bytes: Int)? {
    defer { readOldest.reset() }
    guard try readOldest.step() else { return nil }
    return (readOldest.integer(at: 0), Int(readOldest.integer(at: 1)))
  }

  func totals() throws(StoreError) -> DeadLetterTotals {
    defer { readTotals.reset() }
    guard try readTotals.step() else { throw .corrupt }
    let plausible = 0...(Int64(1) << 60)
    let numbers = (0...2).map { readTotals.integer(at: $0) }
    guard numbers.allSatisfy(plausible.contains) else { throw .corrupt }
    return DeadLetterTotals(
      messages: Int(numbers[0]), bytes: Int(numbers[1]), dropped: Int(numbers[2]))
  }

  func write(_ totals: DeadLetterTotals) throws(StoreError) {
    try writeTotals.bind(Int64(totals.messages), at: 1)
    try writeTotals.bind(Int64(totals.bytes), at: 2)
    try writeTotals.bind(Int64(totals.dropped), at: 3)
    try writeTotals.run()
  }

  private static func letter(_ row: Statement) throws(StoreError) -> DeadLetter {
    DeadLetter(
      number: row.integer(at: 0), id: try row.itemID(at: 1), body: row.bytes(at: 6),
      outcome: Outcome(code: row.integer(at: 4), detail: row.bytes(at: 5)),
      owner: row.optionalText(at: 7), storedAt: row.integer(at: 2),
      diedAt: row.integer(at: 3))
  }
}
