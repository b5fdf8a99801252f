import CSQLite

/// SQLite's result codes in the words of `StoreError`.
enum ResultCode {
  /// Throws what `code` means, unless it means success.
  static func check(_ code: Int32) throws(StoreError) {
    if code != SQLITE_OK { throw error(code) }
  }

  /// The error for a primary or extended code that is not a success.
  static func error(_ code: Int32) -> StoreError {
    switch code & 0xFF {
    case SQLITE_FULL: .diskFull
    case SQLITE_IOERR: code == ioNoMemory ? .outOfMemory : .ioError(code: code)
    case SQLITE_CORRUPT: .corrupt
    case SQLITE_NOTADB: .notADatabase
    case SQLITE_READONLY: .readOnly
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_NOMEM: .outOfMemory
    case SQLITE_TOOBIG: .itemTooLarge
    case SQLITE_CONSTRAINT: .duplicateItem  // The identifiers carry the only constraint.
    case SQLITE_CANTOPEN: .ioError(code: code)
    default: .database(code: code)
    }
  }

  /// SQLITE_IOERR_NOMEM, which is a computed macro.
  private static let ioNoMemory = SQLITE_IOERR | (12 << 8)
}
