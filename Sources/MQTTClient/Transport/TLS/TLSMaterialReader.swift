import COpenSSL
import EventLoop
import Glibc

/// Reads what an attempt needs from files, and remembers what it has read as one hash.
///
/// The hash tells whether anything has changed since an earlier attempt. Reading blocks as long as
/// the file system does.
struct TLSMaterialReader {
  /// Larger files are refused.
  static let bytesMax = 16 << 20

  /// SHA-256 over everything that was read.
  private(set) var fingerprint: [UInt8] = []

  /// The bytes of a file or those that were given.
  mutating func read(
    _ material: TLSOptions.Material, for item: TLSFailure.Item
  ) throws(TLSFailure) -> [UInt8] {
    let bytes: [UInt8]
    switch material {
    case .bytes(let given): bytes = given
    case .file(let path): bytes = try Self.contents(of: path, for: item)
    }
    try remember(bytes)
    return bytes
  }

  /// Checks that there is such a directory, whose files OpenSSL reads when it needs them.
  mutating func visit(directory path: String, for item: TLSFailure.Item) throws(TLSFailure) {
    try TLSNames.check(path, for: item)
    guard let status = Self.status(of: path) else { throw Self.failure(path, errno, item) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .configuration(item, words: ["\(path) is not a directory"])
    }
    guard unsafe access(path, R_OK | X_OK) == 0 else { throw Self.failure(path, errno, item) }
    try remember(status)
  }

  /// Takes note of when the system's trust store was changed, if it exists.
  mutating func visitPlatformStore() throws(TLSFailure) {
    let paths = unsafe [
      Self.path(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
      Self.path(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()),
    ]
    for path in paths.compactMap(\.self) {
      if let status = Self.status(of: path) { try remember(status) }
    }
  }

  private mutating func remember(_ bytes: [UInt8]) throws(TLSFailure) {
    do throws(CryptographyError) {
      fingerprint = try Cryptography.sha256(fingerprint + Cryptography.sha256(bytes))
    } catch {
      throw .configuration(.library, words: [error.description])
    }
  }

  private mutating func remember(_ status: stat) throws(TLSFailure) {
    let facts = [
      Int(status.st_mtim.tv_sec), status.st_mtim.tv_nsec, Int(status.st_size), Int(status.st_ino),
    ]
    try remember(Array("\(facts)".utf8))
  }

  private static func contents(
    of path: String, for item: TLSFailure.Item
  ) throws(TLSFailure) -> [UInt8] {
    try TLSNames.check(path, for: item)
    // A pipe without a writer must not hold up the attempt.
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure(path, errno, item) }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw failure(path, errno, item) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .configuration(item, words: ["\(path) is not a file"])
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe Glibc.read(file, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure(path, errno, item) }
      bytes += buffer[..<count]
      guard bytes.count <= bytesMax else {
        throw .configuration(item, words: ["\(path) is longer than \(bytesMax) bytes"])
      }
    }
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status : nil
  }

  private static func path(_ variable: UnsafePointer<CChar>?, _ usual: UnsafePointer<CChar>?)
    -> String?
  {
    if let variable = unsafe variable, let value = unsafe getenv(variable) {
      return unsafe String(cString: value)
    }
    return unsafe usual.map { unsafe String(cString: $0) }
  }

  private static func failure(
    _ path: String, _ number: Int32, _ item: TLSFailure.Item
  ) -> TLSFailure {
    .configuration(item, words: ["\(path): \(SystemError.text(of: number))"])
  }
}
