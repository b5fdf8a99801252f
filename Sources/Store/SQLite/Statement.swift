import CSQLite

/// One prepared statement, used again and again.
///
/// Columns count from 0 and bindings from 1, as in SQLite.
@safe final class Statement {
  private let handle: OpaquePointer

  init(connection: OpaquePointer, _ sql: String) throws(StoreError) {
    var prepared: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(
      connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    try ResultCode.check(code)
    guard let prepared = unsafe prepared else { throw .database(code: SQLITE_MISUSE) }
    unsafe handle = prepared
  }

  deinit { unsafe sqlite3_finalize(handle) }

  func bind(_ value: Int64, at index: Int32) throws(StoreError) {
    try ResultCode.check(unsafe sqlite3_bind_int64(handle, index, value))
  }

  func bind(_ value: Int64?, at index: Int32) throws(StoreError) {
    guard let value else { return try ResultCode.check(unsafe sqlite3_bind_null(handle, index)) }
    try bind(value, at: index)
  }

  func bind(_ text: String, at index: Int32) throws(StoreError) {
    var text = text
    let code = text.withUTF8 { bytes in
      guard let base = bytes.baseAddress else {
        return unsafe csqlite_bind_text_copy(handle, index, "", 0)
      }
      return unsafe base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
        unsafe csqlite_bind_text_copy(handle, index, $0, UInt64(bytes.count))
      }
    }
    try ResultCode.check(code)
  }

  func bind(_ id: ItemID, at index: Int32) throws(StoreError) {
    let code = unsafe withUnsafeBytes(of: id.value.bigEndian) { bytes in
      unsafe csqlite_bind_blob_copy(handle, index, bytes.baseAddress, UInt64(bytes.count))
    }
    try ResultCode.check(code)
  }

  /// Binds few bytes, which are copied; `run(blob:at:)` copies none.
  func bind(copying blob: [UInt8], at index: Int32) throws(StoreError) {
    let code = unsafe blob.withUnsafeBytes { bytes in
      unsafe csqlite_bind_blob_copy(handle, index, bytes.baseAddress, UInt64(bytes.count))
    }
    try ResultCode.check(code)
  }

  /// Runs to the end with `blob` bound at `index`, without copying it.
  func run(blob: [UInt8], at index: Int32) throws(StoreError) {
    try unsafe blob.withUnsafeBufferPointer { (bytes) throws(StoreError) in
      defer { unsafe sqlite3_bind_null(handle, index) }
      // A null address would bind NULL instead of an empty blob.
      let code =
        if let base = bytes.baseAddress {
          unsafe csqlite_bind_blob_borrowed(handle, index, base, UInt64(bytes.count))
        } else {
          unsafe sqlite3_bind_zeroblob(handle, index, 0)
        }
      try ResultCode.check(code)
      try run()
    }
  }

  /// Runs to the end and gets ready for the next time.
  func run() throws(StoreError) {
    defer { reset() }
    while try step() {}
  }

  /// Goes to the next row; false after the last one.
  func step() throws(StoreError) -> Bool {
    switch unsafe sqlite3_step(handle) {
    case SQLITE_ROW: true
    case SQLITE_DONE: false
    case let code: throw ResultCode.error(code)
    }
  }

  /// Gets ready for the next time; ends the read that the statement was in.
  func reset() {
    unsafe sqlite3_reset(handle)
  }

  func integer(at column: Int32) -> Int64 {
    unsafe sqlite3_column_int64(handle, column)
  }

  func optionalInteger(at column: Int32) -> Int64? {
    guard unsafe sqlite3_column_type(handle, column) != SQLITE_NULL else { return nil }
    return integer(at: column)
  }

  func bytes(at column: Int32) -> [UInt8] {
    guard let base = unsafe sqlite3_column_blob(handle, column) else { return [] }
    let count = unsafe Int(sqlite3_column_bytes(handle, column))
    return unsafe Array(UnsafeRawBufferPointer(start: base, count: count))
  }

  func text(at column: Int32) -> String {
    String(decoding: bytes(at: column), as: UTF8.self)
  }

  func optionalText(at column: Int32) -> String? {
    guard unsafe sqlite3_column_type(handle, column) != SQLITE_NULL else { return nil }
    return text(at: column)
  }

  func itemID(at column: Int32) throws(StoreError) -> ItemID {
    guard
      let base = unsafe sqlite3_column_blob(handle, column),
      unsafe sqlite3_column_bytes(handle, column) == 16
    else { throw .corrupt }
    let value = unsafe UnsafeRawPointer(base).loadUnaligned(as: UInt128.self)
    return ItemID(UInt128(bigEndian: value))
  }
}
