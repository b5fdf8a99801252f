/// An event of the log while a scan shows it; not to be kept for later.
package struct EventRow {
  package let sequence: Int64
  private let statement: Statement

  init(_ statement: Statement) {
    self.statement = statement
    sequence = statement.integer(at: 0)
  }

  /// Milliseconds since 1970.
  package var time: Int64 { statement.integer(at: 1) }

  package var kind: UInt8 { UInt8(truncatingIfNeeded: statement.integer(at: 2)) }

  package var topic: String { statement.text(at: 3) }

  /// Read from disk when it is asked for, so a caller that skips a row pays little for it.
  package func body() -> [UInt8] { statement.bytes(at: 4) }
}
