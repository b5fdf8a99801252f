import COpenSSL

/// The error queue that OpenSSL keeps for each thread, in words.
///
/// A function that failed leaves in it what went wrong at each level, the cause first. Old entries
/// would be taken for the next function's, so whoever calls OpenSSL clears the queue before.
enum OpenSSLErrors {
  /// One entry: what went wrong, in the words of the library's part that found it.
  struct Entry {
    let library: Int32
    let reason: Int32
    let words: String
  }

  static func clear() { ERR_clear_error() }

  /// Takes every entry out of the queue, in words.
  static func drain() -> [String] { drainEntries().map(\.words) }

  /// Takes every entry out of the queue.
  static func drainEntries() -> [Entry] {
    var entries: [Entry] = []
    var data: UnsafePointer<CChar>?
    var flags: Int32 = 0
    while true {
      let code = unsafe ERR_get_error_all(nil, nil, nil, &data, &flags)
      guard code != 0 else { return entries }
      var words = unsafe text(ERR_reason_error_string(code)) ?? "error \(code)"
      if flags & ERR_TXT_STRING != 0, let detail = unsafe text(data), !detail.isEmpty {
        words += ": " + detail
      }
      if let library = unsafe text(ERR_lib_error_string(code)) { words += " (\(library))" }
      entries.append(Entry(library: ERR_GET_LIB(code), reason: ERR_GET_REASON(code), words: words))
    }
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe String(cString: pointer)
  }
}
