import EventLoop
import Glibc

/// The file to which the secrets of connections go; only its owner may read it.
final class TLSKeyLog {
  private let file: Int32

  /// Opens the file, or makes it.
  init(_ path: String) throws(TLSFailure) {
    try TLSNames.check(path, for: .keyLogFile)
    file = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      throw .configuration(.keyLogFile, words: ["\(path): \(SystemError.text(of: errno))"])
    }
  }

  deinit { close(file) }

  /// Appends a line at once, so that the lines of several processes do not mix.
  func append(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // What a full disk loses is only missing from the recording.
    unsafe _ = write(file, bytes, bytes.count)
  }
}
