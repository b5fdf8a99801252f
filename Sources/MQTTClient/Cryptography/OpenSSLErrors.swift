import COpenSSL

/// The error queue that OpenSSL keeps for each thread, in words.
///
/// A function that failed leaves in it what went wrong at each level, the cause first. Old entries
/// would be taken for the next function's, so whoever calls OpenSSL clears the queue before.
enum OpenSSLErrors {
  static func clear() { ERR_clear_error() }

  /// Takes every entry out of the queue.
  static func drain() -> [String] {
    var sentences: [String] = []
    var data: UnsafePointer<CChar>?
    var flags: Int32 = 0
    while true {
      let code = unsafe ERR_get_error_all(nil, nil, nil, &data, &flags)
      guard code != 0 else { return sentences }
      var sentence = unsafe text(ERR_reason_error_string(code)) ?? "error \(code)"
      if flags & ERR_TXT_STRING != 0, let detail = unsafe text(data), !detail.isEmpty {
        sentence += ": " + detail
      }
      if let library = unsafe text(ERR_lib_error_string(code)) { sentence += " (\(library))" }
      sentences.append(sentence)
    }
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe String(cString: pointer)
  }
}
