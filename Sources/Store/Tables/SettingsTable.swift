/// Few values under fixed keys.
struct SettingsTable {
  private let insertRow: Statement
  private let deleteRow: Statement
  private let readRow: Statement

  init(_ connection: Connection) throws(StoreError) {
    insertRow = try connection.prepare(
      "INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)")
    deleteRow = try connection.prepare("DELETE FROM settings WHERE key = ?1")
    readRow = try connection.prepare("SELECT value FROM settings WHERE key = ?1")
  }

  func write(_ value: [UInt8], for key: String) throws(StoreError) {
    try insertRow.bind(key, at: 1)
    try insertRow.run(blob: value, at: 2)
  }

  func delete(_ key: String) throws(StoreError) {
    try deleteRow.bind(key, at: 1)
    try deleteRow.run()
  }

  func read(_ key: String) throws(StoreError) -> [UInt8]? {
    defer { readRow.reset() }
    try readRow.bind(key, at: 1)
    return try readRow.step() ? readRow.bytes(at: 0) : nil
  }

  /// The name of the event log's life: sequences of a log that was made anew start again.
  func epoch() throws(StoreError) -> String { try name(for: "epoch") }

  /// The name of this database, drawn when it was created; it never changes.
  func instance() throws(StoreError) -> String { try name(for: "instance") }

  /// The name of the last run; nil when there was none.
  func lastRun() throws(StoreError) -> String? {
    try read("run").map { String(decoding: $0, as: UTF8.self) }
  }

  /// Enters a run, with a new epoch if there is one; the database counts as an original from now on.
  func startRun(_ run: String, epoch: String?) throws(StoreError) {
    try write(Array(run.utf8), for: "run")
    if let epoch { try write(Array(epoch.utf8), for: "epoch") }
    try delete("copy")
  }

  func markAsCopy() throws(StoreError) { try write([1], for: "copy") }

  func isMarkedAsCopy() throws(StoreError) -> Bool { try read("copy") != nil }

  private func name(for key: String) throws(StoreError) -> String {
    if let kept = try read(key) { return String(decoding: kept, as: UTF8.self) }
    let drawn = Self.drawName()
    try write(Array(drawn.utf8), for: key)
    return drawn
  }

  /// Five base-36 digits.
  static func drawName() -> String {
    let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    let drawn = (0..<5).map { _ in digits[Int.random(in: 0..<digits.count)] }
    return String(decoding: drawn, as: UTF8.self)
  }
}
