import Glibc

/// The stream for logs and complaints.
package enum StandardError {
  package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes the text whole, so that lines of several threads do not mix; drops it when nobody reads.
  package static func write(_ text: String) { writeWhole(Array(text.utf8), to: STDERR_FILENO) }
}

/// The stream for what was asked for.
package enum StandardOutput {
  package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Writes the bytes whole and at once; drops them when nobody reads.
  package static func write(_ bytes: [UInt8]) { writeWhole(bytes, to: STDOUT_FILENO) }
}

/// A file, or what a command is given, from the beginning to the end.
package final class FileReader {
  private let descriptor: Int32
  /// In bytes; nil for what has no size, such as a pipe.
  package let size: Int?

  package static var isStandardInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Opens a file; nil is standard input.
  package init(path: String?) throws(SystemError) {
    descriptor = path.map { unsafe open($0, O_RDONLY | O_CLOEXEC) } ?? STDIN_FILENO
    guard descriptor >= 0 else { throw SystemError("open") }
    var facts = stat()
    let isFile = unsafe fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    size = isFile ? Int(facts.st_size) : nil
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// The next bytes, as many as are there; empty at the end.
  package func read(atMost maximum: Int) throws(SystemError) -> [UInt8] {
    while true {
      var count = 0
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: maximum) { buffer, used in
        unsafe count = Glibc.read(descriptor, buffer.baseAddress, maximum)
        used = max(0, count)
      }
      if count >= 0 { return bytes }
      guard errno == EINTR else { throw SystemError("read") }
    }
  }
}

private func writeWhole(_ bytes: [UInt8], to descriptor: Int32) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { buffer in
      unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
    }
    guard count > 0 || errno == EINTR else { return }
    rest = rest.dropFirst(max(0, count))
  }
}

/// Ends the process at once, without any clean-up.
package func endProcess(status: Int32) -> Never {
  _exit(status)
}
