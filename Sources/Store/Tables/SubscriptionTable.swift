/// The subscriptions with durable cursors.
struct SubscriptionTable {
  private let connection: Connection
  private let insertRow: Statement
  private let deleteRow: Statement
  private let moveCursor: Statement
  private let readAll: Statement

  init(_ connection: Connection) throws(StoreError) {
    self.connection = connection
    insertRow = try connection.prepare(
      """
      INSERT OR REPLACE INTO subscriptions (name, cursor, hold_age, created_at, config)
      VALUES (?1, ?2, ?3, ?4, ?5)
      """)
    deleteRow = try connection.prepare("DELETE FROM subscriptions WHERE name = ?1")
    moveCursor = try connection.prepare("UPDATE subscriptions SET cursor = ?2 WHERE name = ?1")
    readAll = try connection.prepare(
      "SELECT name, config, cursor, hold_age, created_at FROM subscriptions ORDER BY name")
  }

  func write(_ subscription: StoredSubscription) throws(StoreError) {
    try insertRow.bind(subscription.name, at: 1)
    try insertRow.bind(subscription.cursor, at: 2)
    try insertRow.bind(subscription.holdAge, at: 3)
    try insertRow.bind(subscription.createdAt, at: 4)
    try insertRow.run(blob: subscription.config, at: 5)
  }

  /// Removes a subscription; false when there is none.
  func delete(_ name: String) throws(StoreError) -> Bool {
    try deleteRow.bind(name, at: 1)
    try deleteRow.run()
    return connection.changes > 0
  }

  func moveCursor(of name: String, to cursor: Int64) throws(StoreError) {
    try moveCursor.bind(name, at: 1)
    try moveCursor.bind(cursor, at: 2)
    try moveCursor.run()
  }

  func all() throws(StoreError) -> [StoredSubscription] {
    defer { readAll.reset() }
    var subscriptions: [StoredSubscription] = []
    while try readAll.step() {
      subscriptions.append(
        StoredSubscription(
          name: readAll.text(at: 0), config: readAll.bytes(at: 1), cursor: readAll.integer(at: 2),
          holdAge: readAll.integer(at: 3), createdAt: readAll.integer(at: 4)))
    }
    return subscriptions
  }
}
